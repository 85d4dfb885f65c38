/** One appliance of a running site: its process, started again as its policy says, or replaced by another one. */
import { readFileSync } from 'node:fs';
import { DiagnosticError } from '../diagnostics.js';
import type { Fault } from '../run/fault.js';
import type { StartParts } from '../run/outcome.js';
import { Unavailable } from '../unavailable.js';
import { ServedAppliance } from '../run/control/served-appliance.js';
import { ApplianceLog } from './appliance-log.js';
import { ApplianceRun, type ApplianceImage } from './appliance-run.js';
import type { RackFolder } from './rack-folder.js';
import type { SiteAppliance } from './site.js';

export type ApplianceState = 'starting' | 'running' | 'waiting' | 'stopped' | 'failed';

/** A line of `wirelet ps`. */
export interface ApplianceFigures {
  readonly name: string;
  readonly state: ApplianceState;
  readonly pid: number | null;
  readonly uptime_s: number | null;
  /** Microseconds from the execve of the VMM to its first instruction. */
  readonly boot_us: number | null;
  /** Where each microsecond of its last start went: those of its VMM, and until its rings were at the switch. */
  readonly start: ApplianceStart | null;
  /** Nanoseconds that its virtual processor has had, looking for work included, and cycles of the TSC in one. */
  readonly processor_ns: number | null;
  readonly ghz: number | null;
  /** Memory that its process takes, with its share of what several use. */
  readonly memory_bytes: number | null;
  readonly restarts: number;
  /** How long it was away when it was last started again after a fault, in milliseconds. */
  readonly outage_ms: number | null;
}

/** In microseconds. */
export interface ApplianceStart extends StartParts {
  /** From the wish to start it to the execve of its VMM, and from its readiness to our hearing of it. */
  readonly spawn_us: number;
  /** Until the switch had its rings. */
  readonly attach_us: number;
  readonly total_us: number;
}

/** What an appliance needs of its site. */
export interface ApplianceHome {
  readonly folder: RackFolder;
  /** The sockets are there at which the rings of its interfaces are handed over. */
  connect(appliance: RackAppliance, run: ApplianceRun): Promise<void>;
  /** The machine has no memory for all of them. */
  starved(problem: unknown): void;
  /** Keeps a record of a fault. */
  record(appliance: RackAppliance, run: ApplianceRun, fault: Fault): Promise<string>;
}

/** A run shorter than this counts as a failed start. */
const SETTLED_MS = 10_000;
/** Waits before the next start: none after a run that had settled, then doubled. */
const BACKOFF_MS = { first: 100, most: 30_000 } as const;

export class RackAppliance {
  private state: ApplianceState = 'stopped';
  private current: ApplianceRun | undefined;
  private generation = 0;
  private restarts = 0;
  private failures = 0;
  private faultedAt: number | undefined;
  private outageMs: number | null = null;
  private lastStart: ApplianceStart | null = null;
  private stopping = false;
  private wake: (() => void) | undefined;
  private life: Promise<void> = Promise.resolve();
  private served: ServedAppliance | undefined;
  private readonly log: ApplianceLog;
  /** Faulted processes that are still being looked at. */
  private readonly remains = new Set<ApplianceRun>();

  constructor(
    private image: ApplianceImage,
    /** Interfaces that the switch connects. */
    readonly interfaces: readonly string[],
    private readonly home: ApplianceHome,
  ) {
    this.log = new ApplianceLog(home.folder.log(this.name));
  }

  get site(): SiteAppliance {
    return this.image.ready.appliance;
  }

  get name(): string {
    return this.image.ready.appliance.name;
  }

  /** The process that it is now. */
  get run(): ApplianceRun | undefined {
    return this.current;
  }

  /** Where its rings are handed over now; empty: it does not run. */
  get sockets(): ReadonlyMap<string, string> {
    return this.current?.now === undefined ? new Map() : this.current.sockets;
  }

  /** Resolves when it runs and is connected; throws what went wrong with its first start. */
  async start(): Promise<void> {
    this.stopping = false;
    this.failures = 0;
    let started!: () => void;
    let failed!: (error: unknown) => void;
    const first = new Promise<void>((resolve, reject) => ([started, failed] = [resolve, reject]));
    this.life = this.live(started, failed);
    await first;
  }

  /** Ends it, and starts it anew with the state of a fresh start. */
  async restart(): Promise<void> {
    await this.stop();
    this.restarts += 1;
    await this.start();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.current?.stop();
    await this.life;
    await Promise.all([...this.remains].map((run) => run.ended));
  }

  /** Another process beside this one, which is not connected and waits to be let go. */
  prepare(image: ApplianceImage, standby: boolean): ApplianceRun {
    this.generation += 1;
    return new ApplianceRun(image, this.home.folder, {
      generation: this.generation,
      interfaces: this.interfaces,
      standby,
      onLog: (line) => this.log.write(line),
      onFault: (fault, run) => this.keep(fault, run),
    });
  }

  /** From now on it is that process, and starts again as that image; who it was is the caller's to end. */
  async become(run: ApplianceRun): Promise<void> {
    this.image = run.what;
    this.current = run;
    this.log.write(`-- swapped: process ${run.now?.pid ?? '?'}, ${run.what.ready.subject.file}`);
    this.wake?.();
    if (run.now?.appliance !== undefined) await this.served?.serve(run.now.appliance);
  }

  figures(): ApplianceFigures {
    const running = this.state === 'running' ? this.current?.now : undefined;
    const pid = running?.pid ?? null;
    return {
      name: this.name,
      state: this.state,
      pid,
      uptime_s: pid === null ? null : Math.round(performance.now() - this.current!.since) / 1000,
      boot_us: running?.snapshot().boot.vmm_us ?? toFirstInstruction(running?.parts),
      start: pid === null ? null : this.lastStart,
      processor_ns: pid === null ? null : processorTimeOf(pid),
      ghz: running?.hertz === undefined ? null : running.hertz() / 1e9,
      memory_bytes: pid === null ? null : memoryOf(pid),
      restarts: this.restarts,
      outage_ms: this.outageMs,
    };
  }

  private async live(started: () => void, failed: (error: unknown) => void): Promise<void> {
    try {
      this.served = new ServedAppliance(this.name, undefined);
    } catch (error) {
      this.state = 'failed';
      return failed(error);
    }
    try {
      await this.liveOn(started, failed);
    } finally {
      this.served.close();
    }
  }

  private async liveOn(started: () => void, failed: (error: unknown) => void): Promise<void> {
    for (let first = true; !this.stopping; first = false) {
      this.state = 'starting';
      const begin = performance.now();
      this.current = this.prepare(this.image, false);
      void this.begin(this.current).then(started);
      const problem = await this.end();
      this.served!.withdraw();
      if (problem !== undefined) this.log.write(`-- ${textOf(problem)}`);
      void this.explain(this.current, problem);
      if (this.stopping) break;
      if (first && performance.now() - begin < SETTLED_MS) failed(problem ?? new Error(`${this.name} ended at once`));
      if (this.site.restart === 'never' || (this.site.restart === 'on-failure' && problem === undefined)) {
        this.state = problem === undefined ? 'stopped' : 'failed';
        return;
      }
      this.failures = performance.now() - begin < SETTLED_MS ? this.failures + 1 : 0;
      this.restarts += 1;
      this.faultedAt ??= performance.now();
      // The first time it is back at once.
      if (this.failures > 1) await this.wait(Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** (this.failures - 2)));
      this.log.write('-- starting again');
    }
    this.state = 'stopped';
  }

  /** What is known of an end only once it is complete. */
  private async explain(run: ApplianceRun, said: unknown): Promise<void> {
    const problem = await run.ended;
    if (problem === undefined || run.fault !== undefined) return;
    if (problem !== said && !this.stopping) this.log.write(`-- ${textOf(problem)}`);
    if (problem instanceof Unavailable && problem.code === 'WL5020') this.home.starved(problem);
  }

  /** How the process ended that it is by then. */
  private async end(): Promise<unknown> {
    for (;;) {
      const run = this.current!;
      const swapped = new Promise<void>((resolve) => (this.wake = resolve));
      const problem = await Promise.race([run.over, swapped]);
      if (this.stopping) return run.ended;
      if (this.current === run) return problem;
    }
  }

  private async begin(run: ApplianceRun): Promise<void> {
    const began = performance.now();
    let running;
    try {
      running = await run.started;
    } catch {
      return await new Promise(() => undefined); // whoever waits is told by its end
    }
    const heard = performance.now();
    try {
      await this.home.connect(this, run);
    } catch (error) {
      // A switch that ended is started again, and asks for the rings itself.
      this.log.write(`-- ${textOf(error)}`);
    }
    this.state = 'running';
    this.lastStart = startOf(running.parts ?? {}, { total: performance.now() - began, attach: performance.now() - heard });
    if (this.faultedAt !== undefined) this.outageMs = Math.round((performance.now() - this.faultedAt) * 1000) / 1000;
    this.faultedAt = undefined;
    this.log.write(`-- started as process ${running.pid ?? '?'} (${running.choice.vmm})`);
    try {
      if (running.appliance !== undefined && this.current === run) await this.served!.serve(running.appliance);
    } catch (error) {
      this.log.write(`-- ${textOf(error)}`);
    }
  }

  /** Its successor is started first; then what is left of it is read and kept. */
  private async keep(fault: Fault, run: ApplianceRun): Promise<void> {
    this.faultedAt = performance.now();
    this.remains.add(run);
    void run.ended.then(() => this.remains.delete(run));
    try {
      for (const limit = performance.now() + 1000; this.faultedAt !== undefined && !this.stopping && performance.now() < limit; ) await new Promise((resolve) => setTimeout(resolve, 5));
      this.log.write(`-- the record of this fault is ${await this.home.record(this, run, fault)}`);
    } catch (error) {
      this.log.write(`-- no record of this fault is kept: ${textOf(error)}`);
    }
  }

  private wait(milliseconds: number): Promise<void> {
    this.state = 'waiting';
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function textOf(error: unknown): string {
  if (error instanceof DiagnosticError) return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ');
  if (error instanceof Unavailable) return `${error.code} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Microseconds from the execve of the VMM to the first instruction. */
function toFirstInstruction({ exec_us, image_us, ports_us, machine_us, enter_us }: StartParts = {}): number | null {
  const parts = [exec_us, image_us, ports_us, machine_us, enter_us];
  return parts.includes(undefined) ? null : parts.reduce((sum: number, part) => sum + part!, 0);
}

/** The parts of a start, from what the VMM says and what we saw, in milliseconds. */
function startOf(parts: StartParts, { total, attach }: { readonly total: number; readonly attach: number }): ApplianceStart {
  const [total_us, attach_us] = [total, attach].map((ms) => Math.round(ms * 1e4) / 10) as [number, number];
  const known = Object.values(parts).reduce((sum: number, part: number) => sum + part, 0);
  return { spawn_us: Math.max(0, Math.round((total_us - attach_us - known) * 10) / 10), ...parts, attach_us, total_us };
}

/** Nanoseconds that the first thread of a process has had: with KVM it is the virtual processor (proc(5), schedstat); null: it is gone. */
function processorTimeOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
  } catch {
    return null;
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
