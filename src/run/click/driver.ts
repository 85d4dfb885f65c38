/** Keeps a router running as Click's user-level driver does: rounds of work, timers, and the question whether to go on. */
import type { Devices } from './devices.js';
import { STOPPED, type Router } from './router.js';
import { WarpedClock } from './warped-clock.js';

/** Rounds without a look at the outside world, at most. */
const ROUNDS_BETWEEN_LOOKS = 128;
/** Rounds of work at one instant of simulated time, at most; then it goes on by a microsecond. */
const ROUNDS_OF_AN_INSTANT = 1024;
/** Rounds at the time at which a run began, at most, as long as there is work. */
const ROUNDS_OF_THE_START = 128;
/** Longest sleep in milliseconds. */
const SLEEP_MS_MAX = 0x7fff_ffff;

export interface DriveOptions {
  /** Simulated time, in microseconds since 1970 at the start, or the clock that the time is taken from. */
  readonly time: number | WarpedClock;
  readonly devices: Devices;
  /** What the run stands still for, if there is something. */
  readonly pending?: () => Promise<void> | undefined;
}

/** A look at devices that do not say when they have something, in milliseconds. */
const POLL_MS = 1;

/** Runs until nobody wants the run to go on. */
export async function drive(router: Router, { time, devices, pending }: DriveOptions): Promise<void> {
  const clock = time instanceof WarpedClock ? time : undefined;
  let now = time instanceof WarpedClock ? time.now() : time;
  let roundsNow = 0;
  // However long the start took, what is ready then works before what waits for a while.
  let opening = clock !== undefined;
  for (let rounds = 1; ; rounds += 1) {
    for (let holdUp = pending?.() ?? router.holdUp; holdUp !== undefined; holdUp = pending?.() ?? router.holdUp) await holdUp;
    if (router.runCount <= 0) {
      if (!goesOn(router)) return;
      continue;
    }
    const { preparing } = router.engine;
    if (preparing !== undefined) await preparing;
    if (clock !== undefined) now = opening ? router.engine.microseconds : clock.now();
    const fed = devices.feed(now);
    const worked = router.round(now) || fed;
    if (router.runCount <= 0) continue;
    if (rounds % ROUNDS_BETWEEN_LOOKS === 0) await new Promise(setImmediate);
    if (opening) {
      opening = worked && rounds < ROUNDS_OF_THE_START;
      continue;
    }
    if (worked) {
      roundsNow += 1;
      if (clock !== undefined || roundsNow < ROUNDS_OF_AN_INSTANT) continue;
      now += 1;
      roundsNow = 0;
      continue;
    }
    roundsNow = 0;
    const next = earlier(router.nextTimer(), devices.next);
    if (clock === undefined && next !== undefined) now = Math.max(now, next);
    else if (clock?.jumps === true && next !== undefined) clock.jumpTo(next);
    else await sleep(router, devices.polled ? POLL_MS * 1000 : next === undefined ? undefined : (next - now) / (clock?.speed ?? 1));
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** Asks the script that drives, if there is one, what to do now that the run would end. */
function goesOn(router: Router): boolean {
  const { driverScript } = router;
  if (driverScript === undefined) return false;
  const context = `While executing '${driverScript} :: ${router.find(driverScript)!.className}':`;
  while (router.runCount <= 0 && router.runCount > STOPPED) {
    const answer = router.within(context, () => router.attempt(() => router.write(`${driverScript}.step router`)));
    // It answers with 1 when it has come to a stop.
    if (answer === undefined || answer === '1') return false;
  }
  return router.runCount > 0;
}

/** Until the next timer or until something comes from outside. */
async function sleep(router: Router, microseconds: number | undefined): Promise<void> {
  const milliseconds = microseconds === undefined ? SLEEP_MS_MAX : Math.min(SLEEP_MS_MAX, Math.ceil(microseconds / 1000));
  if (milliseconds <= 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    const forget = router.onWake(done);
    function done() {
      clearTimeout(timer);
      forget();
      resolve();
    }
  });
}
