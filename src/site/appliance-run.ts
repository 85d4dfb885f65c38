/** One process of an appliance of a site, from its start to its end. */
import { removeFile } from '../run/remove-file.js';
import type { Fault } from '../run/fault.js';
import type { PortSpec } from '../run/port-spec.js';
import { run } from '../run/run.js';
import type { RunOptions, Running } from '../run/run-request.js';
import type { ReadyAppliance } from './check-site.js';
import type { RackFolder } from './rack-folder.js';

/** What is run. */
export interface ApplianceImage {
  readonly ready: ReadyAppliance;
  /** The image's file. */
  readonly image: string;
}

export interface ApplianceRunOptions {
  /** Names its sockets. */
  readonly generation: number;
  /** Interfaces that the switch connects. */
  readonly interfaces: readonly string[];
  /** Its elements wait until Running.state is released. */
  readonly standby?: boolean;
  readonly onLog: (line: string) => void;
  /** It faulted: it can be looked at until the promise is settled. */
  readonly onFault: (fault: Fault, run: ApplianceRun) => Promise<void>;
}

const KILLED = 'its process was killed';

export class ApplianceRun {
  /** By interface, where its rings are handed over. */
  readonly sockets: ReadonlyMap<string, string>;
  /** It runs; fails with what went wrong when it ends before that. */
  readonly started: Promise<Running>;
  /** It has faulted or ended, or is about to: what went wrong, or undefined. */
  readonly over: Promise<unknown>;
  /** Its process is gone. */
  readonly ended: Promise<unknown>;
  /** When it began, by performance.now(). */
  since = 0;
  fault: Fault | undefined;
  private running: Running | undefined;
  private readonly controller = new AbortController();

  constructor(readonly what: ApplianceImage, folder: RackFolder, options: ApplianceRunOptions) {
    const { ready } = what;
    const { name } = ready.appliance;
    this.sockets = new Map(options.interfaces.map((each) => [each, folder.ringSocket(name, ready.interfaces.indexOf(each), options.generation)]));
    let begun!: (running: Running) => void;
    let failed!: (problem: unknown) => void;
    let faulted!: (problem: unknown) => void;
    let silent!: (problem: unknown) => void;
    this.started = new Promise((resolve, reject) => ([begun, failed] = [resolve, reject]));
    this.started.catch(() => undefined);
    const fault = new Promise<unknown>((resolve) => (faulted = resolve));
    const silence = new Promise<unknown>((resolve) => (silent = resolve));
    this.ended = this.live(options, {
      onStart: (running) => begun(this.begin(running)),
      onFault: (seen) => {
        this.fault = seen;
        faulted(new Error(seen.problem.message));
        return options.onFault(seen, this);
      },
      // Once it ran: of a start that fails more is to be said than that.
      onSilence: () => void (this.running !== undefined && this.fault === undefined && silent(new Error(KILLED))),
    }).finally(() => {
      for (const socket of this.sockets.values()) removeFile(socket);
    });
    this.over = Promise.race([fault, silence, this.ended]);
    void this.ended.then((problem) => failed(problem ?? new Error(`${name} ended at once`)));
  }

  /** What is known of it while it runs. */
  get now(): Running | undefined {
    return this.running;
  }

  /** Asks it to end; resolves when it has. */
  async stop(): Promise<void> {
    this.controller.abort();
    await this.ended;
  }

  private begin(running: Running): Running {
    this.since = performance.now();
    return (this.running = running);
  }

  private async live({ standby, onLog }: ApplianceRunOptions, hooks: Pick<RunOptions, 'onStart' | 'onFault' | 'onSilence'>): Promise<unknown> {
    const { ready, image } = this.what;
    const { appliance, subject, interfaces } = ready;
    const ports = new Map<string, PortSpec>(interfaces.map((name) => [name, this.sockets.has(name) ? { kind: 'ring', socket: this.sockets.get(name)! } : { kind: 'null' }]));
    try {
      const outcome = await run(subject, {
        image, ports, signal: this.controller.signal, untilIdle: false, realTime: true, spin: appliance.busyPoll, control: true, name: appliance.name, standby,
        cpus: appliance.cpus, elementFolders: appliance.elementFolders, state: standby === true ? undefined : ready.snapshot, watchdog: appliance.watchdogS,
        onLog, ...hooks,
        onWarning: (message) => onLog(`-- warning: ${message}`),
      });
      onLog(`-- ended (${outcome.ended})`);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.running = undefined;
    }
  }
}
