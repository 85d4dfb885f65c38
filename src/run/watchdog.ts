/** Sees when an appliance no longer comes to the end of a round, though it has work and nobody holds it. */

export interface Progress {
  /** Rounds of its main loop, ever. */
  readonly rounds: bigint;
  /** It waits for something: frames, a timer, its start, its host. */
  readonly waits: boolean;
}

/** Looks within the time that is given. */
const LOOKS = 5;

export class Watchdog {
  private readonly timer: NodeJS.Timeout;
  private last: bigint | undefined;
  private since = performance.now();

  /** Calls `bark` once, when no round has ended for so many seconds. */
  constructor(progress: () => Progress, seconds: number, bark: () => void) {
    this.timer = setInterval(() => {
      const { rounds, waits } = progress();
      const now = performance.now();
      if (waits || rounds !== this.last) {
        this.last = rounds;
        this.since = now;
      } else if (now - this.since >= seconds * 1000) {
        this.close();
        bark();
      }
    }, (seconds * 1000) / LOOKS);
  }

  close(): void {
    clearInterval(this.timer);
  }
}
