/** A process of `wirelet-tender`: what it reports, line by line, and how it ends. */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { buildCommand, nativeFile } from '../native-files.js';
import { Unavailable } from '../unavailable.js';

interface Addon {
  socketPair(): [number, number];
  spawn(file: string, words: readonly string[], descriptors: readonly number[]): Promise<number>;
  reap(pid: number): { readonly status?: number; readonly signal?: string } | undefined;
}

let addon: Addon | undefined;

/** It reports its end before it is gone: so long between two looks, in milliseconds, from the first on. */
const LOOK_MS = [0, 1, 1, 2, 5, 10] as const;

export class TenderProcess {
  private gone: Promise<string> | undefined;
  private over = false;

  private constructor(readonly pid: number, private readonly report: Socket) {}

  /** Starts it; its descriptor 3 is for what it reports, from 4 on it has `descriptors`. Fails with WL5000 and what the system says. */
  static async start(file: string, words: readonly string[], descriptors: readonly number[]): Promise<TenderProcess> {
    addon ??= createRequire(import.meta.url)(nativeFile('wirelet.node')) as Addon;
    const [ours, theirs] = addon.socketPair();
    const report = new Socket({ fd: ours, readable: true, writable: false });
    // One whose process is killed is at its end, not broken.
    report.on('error', () => undefined);
    try {
      return new TenderProcess(await addon.spawn(file, words, [theirs, ...descriptors]), report);
    } catch (error) {
      report.destroy();
      throw new Unavailable(`the VMM cannot be started: ${(error as Error).message}`, `Processes (ulimit -u), descriptors (ulimit -n) or memory may be used up; else build it again: ${buildCommand()}`);
    } finally {
      closeSync(theirs);
    }
  }

  lines(): AsyncIterable<string> {
    return createInterface({ input: this.report, crlfDelay: Infinity });
  }

  kill(signal: NodeJS.Signals): void {
    // A process that was not reaped keeps its number.
    if (!this.over) process.kill(this.pid, signal);
  }

  /** How it ended, in words, once it has: to be asked for after the last line. */
  ended(): Promise<string> {
    return (this.gone ??= this.awaitEnd());
  }

  private async awaitEnd(): Promise<string> {
    for (let look = 0; ; look += 1) {
      const end = addon!.reap(this.pid);
      if (end !== undefined) {
        this.over = true;
        return end.signal ?? `status ${end.status}`;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS[Math.min(look, LOOK_MS.length - 1)]));
    }
  }
}
