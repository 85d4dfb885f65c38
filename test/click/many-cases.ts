/** Runs many command lines of `wirelet click` in few processes: to start one for each takes several times as long as most of them run. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Told } from './case-host.js';

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | string;
}

/** One after which it has run as many is replaced: compiled code that was loaded stays. */
const CASES_MAX = 60;
const STREAMS = ['stdout', 'stderr'] as const;

export class ManyCases {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'wirelet-cases-'));
  private readonly idle: Host[] = [];
  private made = 0;

  /** Ends a process that takes longer than `milliseconds` for a case. */
  constructor(private readonly milliseconds: number) {}

  /** `env`: the same for all, besides what this process has. */
  async run(args: readonly string[], place: string, env: NodeJS.ProcessEnv): Promise<Printed> {
    const host = this.idle.pop() ?? new Host(path.join(this.folder, String((this.made += 1))), env);
    const printed = await host.run({ place, args }, this.milliseconds);
    if (host.usable) this.idle.push(host);
    else host.close();
    return printed;
  }

  close(): void {
    for (const host of this.idle) host.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process of case-host.ts. What it writes goes to files, to the end of what is there. */
class Host {
  private readonly process: ChildProcess;
  private readonly ended: Promise<[code: number | null, signal: string | null]>;
  private cases = 0;
  private alive = true;

  constructor(private readonly file: string, env: NodeJS.ProcessEnv) {
    const files = STREAMS.map((stream) => openSync(`${file}.${stream}`, 'a'));
    this.process = fork(fileURLToPath(new URL('case-host.js', import.meta.url)), { env: { ...process.env, ...env }, stdio: ['ignore', ...files, 'ipc'] });
    files.forEach(closeSync);
    this.ended = once(this.process, 'exit') as Promise<[number | null, string | null]>;
    this.ended.then(() => (this.alive = false)).catch(() => undefined);
  }

  get usable(): boolean {
    return this.alive && this.cases < CASES_MAX;
  }

  async run(told: Told, milliseconds: number): Promise<Printed> {
    this.cases += 1;
    for (const stream of STREAMS) truncateSync(`${this.file}.${stream}`);
    const late = setTimeout(() => this.close(), milliseconds);
    const done = once(this.process, 'message').then(([{ exit }]) => exit as number);
    this.process.send(told);
    const exit = await Promise.race([done, this.ended.then(([code, signal]) => code ?? `ended by ${signal}`)]);
    clearTimeout(late);
    const [stdout, stderr] = STREAMS.map((stream) => readFileSync(`${this.file}.${stream}`, 'utf8')) as [string, string];
    return { stdout, stderr, exit };
  }

  close(): void {
    this.process.kill('SIGKILL');
  }
}
