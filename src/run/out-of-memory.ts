/** Whether the kernel ends processes because memory has run out: of the machine, or of a control group. */
import { readFileSync } from 'node:fs';

/** A process that is found to have ended may have been ended some time before. */
const RECENT_MS = 2000;

let seen = killed();
let lastSeen = -Infinity;

/** Whether it has done so just now, to anybody. */
export function memoryRanOut(): boolean {
  const count = killed();
  if (count > seen) lastSeen = performance.now();
  seen = count;
  return performance.now() - lastSeen < RECENT_MS;
}

/** Processes that Linux has ended for want of memory since its start (proc(5), vmstat, oom_kill); 0 where it does not tell. */
function killed(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
