/** Sees when an appliance no longer comes to the end of a round, though it has work and nobody holds it. */

export interface Progress {
  /** Rounds of its main loop, ever. */
  readonly rounds: bigint;
  /** It waits for something: frames, a timer, room on a ring, its start, its host. */
  readonly waits: boolean;
}

/** Looks within the time that is given. */
const LOOKS = 5;

export class Watchdog {
  private readonly timer: NodeJS.Timeout;
  /** Of each processor: rounds when it was last seen to come on, and when that was. */
  private readonly seen: { rounds: bigint; since: number }[] = [];

  /** Calls `bark` once, when a processor has ended no round for so many seconds. */
  constructor(loops: () => readonly Progress[], seconds: number, bark: () => void) {
    const begin = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      const stuck = loops().some(({ rounds, waits }, index) => {
        const seen = (this.seen[index] ??= { rounds, since: begin });
        if (waits || rounds !== seen.rounds) Object.assign(seen, { rounds, since: now });
        return now - seen.since >= seconds * 1000;
      });
      if (!stuck) return;
      this.close();
      bark();
    }, (seconds * 1000) / LOOKS);
  }

  close(): void {
    clearInterval(this.timer);
  }
}
