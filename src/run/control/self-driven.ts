/** What is asked of every machine, but not done for an appliance that runs by itself: its time, rounds and packets are its own. */
export abstract class SelfDriven {
  setTime(): void {}

  roundAt(): boolean {
    return false;
  }

  nextTimer(): undefined {
    return undefined;
  }

  attach(): void {}

  emit(): void {}

  pull(): null {
    return null;
  }

  receive(): void {}
}
