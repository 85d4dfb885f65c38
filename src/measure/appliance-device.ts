/** An appliance between the built-in generator and sink, as the methods see it: each trial is a run of its own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../diagnostics.js';
import type { LoadOptions } from '../graph/load.js';
import { build } from '../image/build.js';
import { deliver } from '../image/cache.js';
import { chooseVmm } from '../run/choose-vmm.js';
import type { RunOutcome, Vmm } from '../run/outcome.js';
import { formatPort, type GeneratorSpec, type PortSpec } from '../run/port-spec.js';
import { run } from '../run/run.js';
import { interfaceNames, openSubject, type Subject } from '../run/subject.js';
import { FCS_BYTES } from './frame-size.js';
import type { Device, Trial, TrialOptions } from './trial.js';

export interface ApplianceOptions {
  readonly file: string;
  readonly load: LoadOptions;
  readonly vmm?: Vmm | undefined;
  /** Interface that the frames are sent to; the first unless said. */
  readonly from?: string | undefined;
  /** What is sent: a size with FCS, or a capture's (or template's) frames in turn. */
  readonly traffic: Partial<Omit<GeneratorSpec, 'kind' | 'rate' | 'count'>>;
  /** What other interfaces are plugged into. It is part of what is measured: frames count that come back to where they were sent. */
  readonly plugs?: ReadonlyMap<string, PortSpec> | undefined;
  /** Rate of the medium that is imitated, frames a second; without it what the generator can do. */
  readonly maximum?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Beyond what any appliance here forwards; trials at it find what the rings carry. */
const GENERATOR_MAXIMUM = 100e6;
/** Frames a second at which no appliance is expected to lose anything. */
const IDLE_RATE = 2000;
/** Tries more when not all is forwarded, until two are alike. */
const IDLE_TRIES = 4;
/** How often, and how far apart, an interface is asked for that is not yet given back. */
const GIVE_BACK_TRIES = 20, GIVE_BACK_MS = 100;
/** Frames of a trial at most: their numbers have 32 bits. */
const FRAMES_MAX = 4e9;
/** Seconds of load after a restart. */
const RESTART_SECONDS = 0.05;
const WARM_UP_FRAMES = 20_000, WARM_UP_SECONDS = 0.1;
/** Seconds beyond the trial's own for an appliance to boot and drain. */
const PATIENCE_SECONDS = 30;

export class ApplianceDevice implements Device {
  readonly maximum: number;
  /** Of the frames offered those that come out when the appliance is idle, 0..1. */
  forwards = 1;
  /** Mean bytes of the frames that were sent last, their check sequence included. */
  frameBytes = 0;
  vmm: Vmm;

  private constructor(
    private readonly options: ApplianceOptions,
    private readonly subject: Subject,
    private readonly interfaces: readonly string[],
    private readonly folder: string,
  ) {
    this.maximum = options.maximum ?? GENERATOR_MAXIMUM;
    this.vmm = chooseVmm(options.vmm, subject).vmm;
  }

  /** Opens a graph or an image. What takes time (a build) is done once. */
  static async open(options: ApplianceOptions, onProgress?: (what: string) => void): Promise<ApplianceDevice> {
    const { subject } = await openSubject(options.file, options.load);
    const interfaces = interfaceNames(subject);
    const from = options.from ?? interfaces[0];
    if (from === undefined || !interfaces.includes(from)) {
      throw failure('WL4130', from === undefined ? `${options.file} has no interface to send frames to` : `--from ${from}: the appliance has no such interface`, `Its interfaces are ${interfaces.join(', ') || 'none'}.`);
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
    try {
      return new ApplianceDevice({ ...options, from }, await built(subject, options, folder, onProgress), interfaces, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Descriptors of a ring; null where the appliance is no image. */
  get ringSize(): number | null {
    return this.subject.kind === 'image' ? this.subject.manifest.limits.ring_descriptors : null;
  }

  /** The same device, asked for no more than `maximum` frames a second. */
  limitedTo(maximum: number): Device {
    return { maximum: Math.min(maximum, this.maximum), trial: (rate, seconds, options) => this.trial(rate, seconds, options) };
  }

  /** Whether there is more behind the appliance. */
  get plugged(): boolean {
    return (this.options.plugs?.size ?? 0) > 0;
  }

  /** Interface that the frames are sent to. */
  get from(): string {
    return this.options.from!;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Finds what the appliance forwards when it is idle. Fails with WL4131 when that is nothing. */
  async findForwarded(): Promise<number> {
    const { template } = this.options.traffic;
    const count = template === undefined ? 200 : 1000;
    let trial = await this.send({ rate: IDLE_RATE, count });
    // What rules drop is always the same; a host that was elsewhere loses more or less. The best of some tries is the appliance's.
    for (let again = 0; again < IDLE_TRIES && trial.received < trial.offered; again += 1) {
      const next = await this.send({ rate: IDLE_RATE, count });
      if (next.received === trial.received) break;
      if (next.received > trial.received) trial = next;
    }
    if (trial.offered === 0 || trial.received === 0) {
      const behind = [...(this.options.plugs ?? [])].map(([name, spec]) => formatPort(name, spec));
      if (behind.length > 0) throw failure('WL4131', `none of the frames that are sent to "${this.options.from}" come back from ${behind.join(', ')}`, 'The device there has to be up, and to send back what it gets: look at its interface, at the MAC address that frames are for (--traffic mac=...), and at its routes.');
      throw failure('WL4131', `the appliance forwards none of the frames that are sent to "${this.options.from}"`, 'Send frames that it forwards: --template FILE.pcap (or a YAML template), or --traffic flows=N,...; --from NAME chooses the interface.');
    }
    this.forwards = Math.min(1, trial.received / trial.offered);
    return this.forwards;
  }

  async trial(rate: number, seconds: number, trialOptions: TrialOptions = {}): Promise<Trial> {
    const asked = Math.max(1, Math.round(rate * seconds));
    const count = Math.min(FRAMES_MAX, asked);
    return { ...(await this.send({ rate, count, ...trialOptions })), seconds: count < asked ? count / rate : seconds };
  }

  /** As fast as the appliance takes frames: it sets the pace, nothing is lost. */
  async fullSpeed(count: number): Promise<RunOutcome> {
    return this.run({ rate: 'max', count });
  }

  /** Starts it anew under load; microseconds from the start of its VMM to the first frame out, null if none came. */
  async restart(rate: number): Promise<number | null> {
    return (await this.run({ rate, count: Math.max(64, Math.min(FRAMES_MAX, Math.round(rate * RESTART_SECONDS))) })).boot.first_frame_us;
  }

  private async send(request: { rate: number; count: number } & TrialOptions): Promise<Trial> {
    const { rate, count } = request;
    const { latency: latencyRate, surge, ...rest } = request;
    // First touches of pages and tables take their time once; they are not what is measured.
    const warmup = Math.min(WARM_UP_FRAMES, Math.round(rate * WARM_UP_SECONDS));
    const burst = surge === undefined ? {} : { surge: Math.max(1, Math.round(surge.rate * surge.seconds)), surge_rate: Math.round(surge.rate), verify: true };
    const outcome = await this.run({ ...rest, ...burst, ...(warmup === 0 ? {} : { warmup }), ...(latencyRate === undefined || latencyRate === 0 ? {} : { latency: latencyRate }) });
    const input = outcome.ports[this.options.from!]!;
    const stream = outcome.streams?.[this.options.from!] ?? undefined;
    // Where all frames carry numbers, one that came twice does not stand in for one that is missing.
    const distinct = stream !== undefined && this.options.traffic.verify === true && stream.lost_sequences !== null ? stream.sent - stream.lost_sequences : undefined;
    const received = distinct ?? stream?.received ?? Object.values(outcome.ports).reduce((sum, { tx_packets }) => sum + tx_packets, 0);
    const offered = stream?.offered ?? count;
    return {
      rate,
      seconds: count / rate,
      offered,
      expected: this.forwards === 1 ? offered : Math.round(offered * this.forwards),
      received,
      unsent: stream?.unsent ?? Math.max(0, offered - input.rx_packets),
      reordered: stream?.reordered ?? null,
      duplicated: stream?.duplicated ?? null,
      corrupted: stream?.corrupted ?? null,
      ...(stream?.pacing === undefined || stream.pacing === null ? {} : { pacing: stream.pacing }),
      ...(stream?.recovery_ns === undefined ? {} : { recovery_ns: stream.recovery_ns }),
      ...(stream?.latency === undefined ? {} : { latency: stream.latency }),
    };
  }

  /** A trial may begin before the kernel has given back an AF_XDP socket of the one before: then a little later. */
  private async withInterfaces<T>(action: () => Promise<T>): Promise<T> {
    for (let waited = 0; ; waited += 1) {
      try {
        return await action();
      } catch (error) {
        if (waited >= GIVE_BACK_TRIES || !/WL4035[^]*resource busy/.test((error as Error).message)) throw error;
        await pause(GIVE_BACK_MS);
      }
    }
  }

  private async run(request: Partial<GeneratorSpec> & { rate: number | 'max'; count: number }): Promise<RunOutcome> {
    const generator: GeneratorSpec = { kind: 'gen', size: 64, flows: 64, ...this.options.traffic, ...request, rate: request.rate === 'max' ? 'max' : Math.max(1, Math.round(request.rate)), ...(this.plugged ? { returned: true } : {}) };
    const ports = new Map<string, PortSpec>(this.interfaces.map((name) => [name, name === this.options.from ? generator : (this.options.plugs?.get(name) ?? { kind: 'null' })]));
    this.options.signal?.throwIfAborted();
    const outcome = await this.withInterfaces(() => run(this.subject, {
      vmm: this.vmm,
      ports,
      untilIdle: true,
      seconds: PATIENCE_SECONDS + (request.rate === 'max' ? PATIENCE_SECONDS : request.count / request.rate) + (request.surge === undefined ? 0 : request.surge / request.surge_rate!),
      // On one core, whoever spins keeps it from the other.
      spin: os.availableParallelism() > 1,
      ...(this.options.signal === undefined ? {} : { signal: this.options.signal }),
    })).catch((error: unknown) => {
      // Whatever an interruption ended, it is an interruption.
      this.options.signal?.throwIfAborted();
      throw error;
    });
    this.options.signal?.throwIfAborted();
    const { rx_bytes, rx_packets } = outcome.ports[this.options.from!]!;
    if (rx_packets > 0) this.frameBytes = rx_bytes / rx_packets + FCS_BYTES;
    return outcome;
  }
}

/** The subject as an image, so that trials do not plan and look up the cache again. */
async function built(subject: Subject, options: ApplianceOptions, folder: string, onProgress?: (what: string) => void): Promise<Subject> {
  const { vmm } = chooseVmm(options.vmm, subject);
  if (subject.kind === 'image' || vmm === 'node') return subject;
  const file = path.join(folder, vmm === 'native' ? 'appliance.so' : 'appliance.elf');
  deliver((await build(subject.plan, vmm === 'native' ? 'native' : 'vm', onProgress)).file, file);
  return (await openSubject(file)).subject;
}

/** The capture that is shipped beside a graph as traffic for its interface: `traffic/NAME/INTERFACE-in.pcap`. */
export function shippedTraffic(graph: string, from: string): string | undefined {
  const file = path.join(path.dirname(graph), 'traffic', path.basename(graph).replace(/\.[^.]*$/, ''), `${from}-in.pcap`);
  return existsSync(file) ? file : undefined;
}
