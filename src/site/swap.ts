/**
 * One process of an appliance takes the place of another: it boots beside it and waits; frames wait in the switch while
 * what the elements know is handed over; then all ports turn to it between two batches.
 */
import { failure } from '../diagnostics.js';
import type { TransferReport } from '../run/control/element-state.js';
import type { Running } from '../run/run-request.js';
import type { ApplianceRun } from './appliance-run.js';
import type { SwitchDaemon } from './switch-daemon.js';

export interface SwapReport extends TransferReport {
  readonly name: string;
  readonly pid: number | null;
  /** How long frames waited in the switch, in milliseconds. */
  readonly pause_ms: number;
}

export interface SwapPlan {
  readonly name: string;
  readonly old: ApplianceRun;
  readonly next: ApplianceRun;
  readonly daemon: SwitchDaemon;
  /** The switch's names of the ports, by interface. */
  readonly ports: ReadonlyMap<string, string>;
  /** Elements whose state does not fit may begin anew. */
  readonly fresh: boolean;
}

/** For the state: many times what a table of a million flows takes. */
const HOLD_MS = 10_000;
/** The largest ring, in batches of 32: after so many rounds whatever lay there was taken. */
const ROUNDS_OF_RING = 32_768n / 32n + 2n;
/** For an appliance that does not come to rest. */
const DRAIN_MS_MAX = 100;

/** Hands over. Fails, with the old one going on as it did, when something does not fit (WL4241) or does not answer. */
export async function swapRuns({ name, old, next, daemon, ports, fresh }: SwapPlan): Promise<SwapReport> {
  const successor = await next.started;
  const before = old.now;
  if (before?.state === undefined || successor.state === undefined) throw failure('WL4242', `"${name}" does not run`, 'wirelet ps shows its state; wirelet restart starts it.');
  refuseMisfits(name, successor.state.fit(before.state.take()), fresh);
  const names = [...ports.values()];
  for (const [each, port] of ports) await daemon.stand(port, next.sockets.get(each)!);
  // It begins when it is released, or when ten seconds are over: these count from now.
  successor.state.hold(HOLD_MS);
  const begin = performance.now();
  let parked = false;
  let turned = false;
  try {
    await daemon.park(names);
    parked = true;
    await drained(before);
    before.state.hold(HOLD_MS);
    const report = successor.state.give(before.state.take());
    await daemon.turn(names);
    turned = true;
    successor.state.release();
    return { name, pid: successor.pid ?? null, pause_ms: Math.round((performance.now() - begin) * 1000) / 1000, ...report };
  } finally {
    if (parked && !turned) {
      before.state.release();
      await daemon.unpark(names).catch(() => undefined); // a switch that ended has nothing that waits
    }
  }
}

function refuseMisfits(name: string, { misfits }: TransferReport, fresh: boolean): void {
  if (misfits.length === 0 || fresh) return;
  const list = misfits.map(({ element, reason }) => `  ${element}: ${reason}`).join('\n');
  throw failure('WL4241', `what "${name}" knows does not fit:\n${list}`, 'With --fresh these elements begin anew.');
}

/** Until the appliance has dealt with the frames that lie in its rings. */
async function drained({ state, progress }: Running): Promise<void> {
  // One that sleeps would not go on by itself.
  state!.hold(1000);
  const { rounds } = progress!();
  state!.release();
  for (const limit = performance.now() + DRAIN_MS_MAX; performance.now() < limit; ) {
    const now = progress!();
    const passed = now.rounds - rounds;
    if ((passed >= 2n && !now.busy) || passed >= ROUNDS_OF_RING) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
