/** What processes and the machine take: memory and time, as Linux counts them. */
import { readFileSync, readdirSync } from 'node:fs';

/** Bytes of memory of a process, with its share of what several use (proc(5), smaps_rollup, Pss); 0: it is gone. */
export function shareOfMemory(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Bytes that programs could still get (proc(5), meminfo, MemAvailable). */
export function availableMemory(): number {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(textOf('/proc/meminfo'))?.[1] ?? 0) * 1024;
}

/** Nanoseconds on a processor that the threads of a process have had (schedstat, the first number). */
export function processorTime(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + Number(textOf(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]), 0);
  } catch {
    return 0;
  }
}

/** Empty where the process has just ended. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
