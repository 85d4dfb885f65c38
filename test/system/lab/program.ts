/** Programs that a system test runs: all with a time limit, all ended by their own process group. */
import { spawn, type ChildProcess } from 'node:child_process';

/** What a program may write before the rest is cut off, in bytes for each stream. */
const OUTPUT_BYTES_MAX = 1 << 20;

export interface Ended {
  /** Null: ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** A program in the background. */
export class Program {
  private readonly child: ChildProcess;
  private readonly text = { stdout: '', stderr: '' };
  private readonly listeners = new Set<() => void>();
  private timedOut = false;
  readonly ended: Promise<Ended>;
  private isOver = false;

  constructor(
    readonly command: readonly string[],
    timeoutMs: number,
  ) {
    // A process group of its own, so that its children end with it.
    this.child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]!.setEncoding('utf8').on('data', (text: string) => {
        this.text[stream] = (this.text[stream] + text).slice(-OUTPUT_BYTES_MAX);
        this.notify();
      });
    }
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.kill('SIGKILL');
    }, timeoutMs);
    this.ended = new Promise((resolve) => {
      const end = (status: number | null) => {
        clearTimeout(timer);
        this.isOver = true;
        resolve({ status, ...this.text, timedOut: this.timedOut });
        this.notify();
      };
      this.child.once('error', (error) => {
        this.text.stderr += `${error.message}\n`;
        end(127);
      });
      this.child.once('close', (status) => end(status));
    });
  }

  get stdout(): string {
    return this.text.stdout;
  }

  get stderr(): string {
    return this.text.stderr;
  }

  /** Waits until the program has written something that matches; throws, with all it wrote, if it never does. */
  async says(pattern: RegExp, timeoutMs: number): Promise<void> {
    const said = () => pattern.test(this.text.stdout) || pattern.test(this.text.stderr);
    const begin = performance.now();
    while (!said()) {
      const left = timeoutMs - (performance.now() - begin);
      if (this.isOver || left <= 0) {
        const why = this.isOver ? 'it ended' : `not within ${timeoutMs} ms`;
        throw new Error(`${this.command.join(' ')} did not say ${pattern}: ${why}\n${this.text.stdout}${this.text.stderr}`);
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.listeners.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.listeners.add(wake);
      });
    }
  }

  /** Asks the program to end, and after `patienceMs` makes it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patienceMs = 5_000): Promise<Ended> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.isOver || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // It ended at this moment.
    }
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** Runs a program to its end. */
export function runProgram(command: readonly string[], timeoutMs: number): Promise<Ended> {
  return new Program(command, timeoutMs).ended;
}
