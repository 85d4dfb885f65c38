/** One appliance of a running site: its process, started again as its policy says. */
import { readFileSync, rmSync } from 'node:fs';
import { DiagnosticError } from '../diagnostics.js';
import type { PortSpec } from '../run/port-spec.js';
import { run, type Running } from '../run/run.js';
import { ServedAppliance } from '../run/control/served-appliance.js';
import { ApplianceLog } from './appliance-log.js';
import type { ReadyAppliance } from './check-site.js';
import type { RackFolder } from './rack-folder.js';
import type { PortEnd, SiteAppliance } from './site.js';

export type ApplianceState = 'starting' | 'running' | 'waiting' | 'stopped' | 'failed';

/** A line of `wirelet ps`. */
export interface ApplianceFigures {
  readonly name: string;
  readonly state: ApplianceState;
  readonly pid: number | null;
  readonly uptime_s: number | null;
  /** Microseconds from the execve of the VMM to its first instruction. */
  readonly boot_us: number | null;
  /** Memory that its process takes, with its share of what several use. */
  readonly memory_bytes: number | null;
  readonly restarts: number;
}

/** A run shorter than this counts as a failed start. */
const SETTLED_MS = 10_000;
/** Waits before the next start: none after a run that had settled, then doubled. */
const BACKOFF_MS = { first: 100, most: 30_000 } as const;

export class RackAppliance {
  private state: ApplianceState = 'stopped';
  private running: Running | undefined;
  private since = 0;
  private generation = 0;
  private restarts = 0;
  private failures = 0;
  private controller = new AbortController();
  private ended: Promise<void> = Promise.resolve();
  private readonly log: ApplianceLog;

  constructor(
    private readonly ready: ReadyAppliance,
    /** Its image's file. */
    private readonly image: string,
    /** Interfaces that the switch connects. */
    private readonly ends: readonly Extract<PortEnd, { kind: 'ring' }>[],
    private readonly folder: RackFolder,
    /** The sockets are there at which the rings of its interfaces, by name, are handed over. */
    private readonly onRings: (appliance: RackAppliance, sockets: ReadonlyMap<string, string>) => Promise<void>,
  ) {
    this.log = new ApplianceLog(folder.log(ready.appliance.name));
  }

  get site(): SiteAppliance {
    return this.ready.appliance;
  }

  get name(): string {
    return this.ready.appliance.name;
  }

  /** Where its rings are handed over now; empty: it does not run. */
  sockets: ReadonlyMap<string, string> = new Map();

  /** Resolves when it runs and is connected; throws what went wrong with its first start. */
  async start(): Promise<void> {
    this.controller = new AbortController();
    this.failures = 0;
    let started!: () => void;
    let failed!: (error: unknown) => void;
    const first = new Promise<void>((resolve, reject) => ([started, failed] = [resolve, reject]));
    this.ended = this.live(started, failed);
    await first;
  }

  /** Ends it, and starts it anew with the state of a fresh start. */
  async restart(): Promise<void> {
    await this.stop();
    this.restarts += 1;
    await this.start();
  }

  async stop(): Promise<void> {
    this.controller.abort();
    await this.ended;
  }

  figures(): ApplianceFigures {
    const pid = this.state === 'running' ? (this.running?.pid ?? null) : null;
    return {
      name: this.name,
      state: this.state,
      pid,
      uptime_s: pid === null ? null : Math.round(performance.now() - this.since) / 1000,
      boot_us: pid === null ? null : (this.running?.snapshot().boot.vmm_us ?? null),
      memory_bytes: pid === null ? null : memoryOf(pid),
      restarts: this.restarts,
    };
  }

  private async live(started: () => void, failed: (error: unknown) => void): Promise<void> {
    const { signal } = this.controller;
    for (let first = true; !signal.aborted; first = false) {
      this.state = 'starting';
      const begin = performance.now();
      const problem = await this.once(started, signal);
      this.sockets = new Map();
      this.running = undefined;
      if (signal.aborted) break;
      if (first && performance.now() - begin < SETTLED_MS) failed(problem ?? new Error(`${this.name} ended at once`));
      if (this.site.restart === 'never' || (this.site.restart === 'on-failure' && problem === undefined)) {
        this.state = problem === undefined ? 'stopped' : 'failed';
        return;
      }
      this.failures = performance.now() - begin < SETTLED_MS ? this.failures + 1 : 0;
      this.restarts += 1;
      // The first time it is back at once.
      if (this.failures > 1) await this.wait(Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** (this.failures - 2)), signal);
      this.log.write('-- starting again');
    }
    this.state = 'stopped';
  }

  /** One run; what went wrong, if something did. */
  private async once(started: () => void, signal: AbortSignal): Promise<unknown> {
    this.generation += 1;
    const sockets = new Map(this.ends.map((end) => [end.interface, this.folder.ringSocket(this.name, this.ready.interfaces.indexOf(end.interface), this.generation)]));
    const ports = new Map<string, PortSpec>(this.ready.interfaces.map((name) => [name, sockets.has(name) ? { kind: 'ring', socket: sockets.get(name)! } : { kind: 'null' }]));
    let served: ServedAppliance | undefined;
    try {
      const named = (served = new ServedAppliance(this.name, undefined));
      const outcome = await run(this.ready.subject, {
        image: this.image, ports, signal, untilIdle: false, realTime: true, control: true, name: this.name,
        cpus: this.site.cpus, elementFolders: this.site.elementFolders,
        onLog: (line) => this.log.write(line),
        onWarning: (message) => this.log.write(`-- warning: ${message}`),
        onStart: (running) => void this.begin(running, named, sockets, started),
      });
      this.log.write(`-- ended (${outcome.ended})`);
      return undefined;
    } catch (error) {
      this.log.write(`-- ${error instanceof DiagnosticError ? error.diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ') : String(error)}`);
      return error;
    } finally {
      served?.close();
      for (const socket of sockets.values()) rmSync(socket, { force: true });
    }
  }

  private async begin(running: Running, served: ServedAppliance, sockets: ReadonlyMap<string, string>, started: () => void): Promise<void> {
    this.running = running;
    this.state = 'running';
    this.since = performance.now();
    this.sockets = sockets;
    this.log.write(`-- started as process ${running.pid ?? '?'} (${running.choice.vmm})`);
    try {
      await this.onRings(this, sockets);
      if (running.appliance !== undefined) await served.serve(running.appliance);
    } catch (error) {
      // A switch that ended is started again, and asks for the rings itself.
      this.log.write(`-- ${error instanceof Error ? error.message : String(error)}`);
    }
    started();
  }

  private wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.state = 'waiting';
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
    });
  }
}

/** Bytes of memory of a process (proc(5), smaps_rollup, Pss); null: it is gone. */
function memoryOf(pid: number): number | null {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}
