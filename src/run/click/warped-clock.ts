/** The clock of a run under Click's driver, and its handler `timewarp`: time may pass faster than it does, or not be waited for. */
import { HandlerError } from '../../kit/element.js';
import type { Handler } from './handler.js';

/** Microseconds since 1970. */
export function wallClock(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

export class WarpedClock {
  /** What the world's clock and this one said when the speed was set, in microseconds since 1970. */
  private from: number;
  private to: number;
  /** Seconds of this clock in one second. */
  speed = 1;
  /** Nobody waits for timers: the time goes on to the next one. */
  jumps = false;

  constructor(private readonly world: () => number = wallClock) {
    this.from = world();
    this.to = this.from;
  }

  /** Microseconds since 1970. */
  now(): number {
    return Math.floor(this.to + (this.world() - this.from) * this.speed);
  }

  /** Goes on to a time that is still to come. */
  jumpTo(time: number): void {
    this.to += Math.max(0, time - this.now());
  }

  /** Lets time pass so fast from now on; `jumps`: it need not pass. */
  run(speed: number, jumps = false): void {
    const now = this.now();
    this.from = this.world();
    this.to = now;
    Object.assign(this, { speed, jumps });
  }
}

/** The handler; absent a clock, time is simulated, and stays so. */
export function timewarpHandler(clock: WarpedClock | undefined): Handler {
  if (clock === undefined) return { name: 'timewarp', read: () => 'simulation' };
  return {
    name: 'timewarp',
    read: () => (clock.jumps ? 'nowait' : String(clock.speed)),
    write(value) {
      const text = value.trim();
      if (text === 'nowait') return clock.run(1, true);
      const speed = Number(text);
      if (text === '' || !Number.isFinite(speed)) throw new HandlerError('expected double');
      if (speed <= 0) throw new HandlerError('timefactor must be > 0');
      return clock.run(speed);
    },
  };
}
