/** Gathers what the host of an appliance (tender or addon) reports during a run, and makes its outcome. */
import { failure } from '../diagnostics.js';
import type { Manifest } from '../image/manifest.js';
import { Unavailable } from '../unavailable.js';
import { faultOf, type Fault } from './fault.js';
import { figuresOf } from './figures.js';
import { endingOf, type EndEvent, type HostEvent, type PanicEvent, type StuckEvent } from './host-events.js';
import type { BootFigures, RunOutcome, StartParts } from './outcome.js';
import type { Problem } from './problem.js';
import type { Running, RunRequest } from './run-request.js';
import type { Snapshot } from './snapshot.js';

/** The part of a snapshot that only shared memory has. */
type Live = Pick<Snapshot, 'ports' | 'elements'>;

/** How whoever made the run takes part in it. */
export interface ReportHooks {
  /** Takes control of what runs now; what it adds to Running. */
  control?(running: Running): Partial<Running>;
  onFault?(fault: Fault): void;
}

export class Report {
  private readonly boot: { -readonly [K in keyof BootFigures]: BootFigures[K] } = { vmm_us: null, guest_us: null, first_frame_us: null };
  private problem: Problem | undefined;
  private end: EndEvent | undefined;

  constructor(
    private readonly request: RunRequest,
    private readonly image: string,
    private readonly manifest: Manifest,
    private readonly live: () => Live,
    private readonly hooks: ReportHooks = {},
  ) {}

  take(event: HostEvent): void {
    const { request } = this;
    switch (event.event) {
      case 'ready':
        this.start(event.pid, event.parts);
        break;
      case 'log':
        request.onLog?.(event.text);
        break;
      case 'warning':
        request.onWarning?.(event.file === undefined ? event.message : `${event.file}: ${event.message}`);
        break;
      case 'first_frame':
        Object.assign(this.boot, { vmm_us: event.vmm_us, guest_us: event.guest_us, first_frame_us: event.first_frame_us });
        break;
      case 'panic':
      case 'stuck':
        this.fault(event);
        break;
      case 'error':
        this.problem ??= event;
        break;
      case 'end':
        this.end = event;
        break;
    }
  }

  /** Something that the host of the appliance cannot see went wrong. */
  fail(problem: Problem): void {
    this.problem ??= problem;
  }

  /** Whether its host has said how it ended. */
  get ended(): boolean {
    return this.end !== undefined;
  }

  /** After the last event. Throws what went wrong; `status` is how the host ended, in words. */
  outcome(status: string): RunOutcome {
    const { problem, end, manifest, request } = this;
    if (problem?.code.startsWith('WL5') === true && !FAILURES_OF_GUESTS.includes(problem.code)) throw new Unavailable(problem.message, problem.hint ?? '', problem.code);
    if (problem !== undefined) throw failure(problem.code, problem.message, problem.hint);
    if (end === undefined) throw failure('WL4110', `the host of the appliance ended without a word (${status})`, 'wirelet doctor shows what this machine lacks.');
    const rated = end.ports.some(({ rate }) => rate !== undefined);
    const streamed = end.ports.some(({ stream }) => stream !== undefined);
    return {
      vmm: request.choice.vmm,
      vmm_reason: request.choice.reason,
      virtual_time: request.virtualTime,
      ended: endingOf(end.ended),
      seconds: end.seconds,
      boot: end.boot,
      // Within a host's process, what the host needs is not the run's.
      memory: request.choice.vmm === 'native' ? { ...end.memory, vmm_private_bytes: null } : end.memory,
      ports: Object.fromEntries(
        end.ports.map(({ name, rx_packets, rx_bytes, tx_packets, tx_bytes, drops }) => [name, { rx_packets, rx_bytes, tx_packets, tx_bytes, drops }]),
      ),
      elements: figuresOf(manifest, end.counters),
      ...(rated ? { rates: Object.fromEntries(end.ports.map(({ name, rate }) => [name, rate ?? null])) } : {}),
      ...(streamed ? { streams: Object.fromEntries(end.ports.map(({ name, stream }) => [name, stream ?? null])) } : {}),
    };
  }

  private fault(event: PanicEvent | StuckEvent): void {
    const fault = faultOf(event, this.manifest, this.problem);
    // Who was asked to end and did not listen may have been right.
    if (fault === undefined) return;
    this.problem = fault.problem;
    this.hooks.onFault?.(fault);
  }

  private start(pid: number | undefined, parts: StartParts | undefined): void {
    const { request, manifest } = this;
    const running = { choice: request.choice, image: this.image, manifest, snapshot: () => this.snapshot(), ...(pid === undefined ? {} : { pid }), ...(parts === undefined ? {} : { parts }) };
    request.onStart?.({ ...running, ...this.hooks.control?.(running) });
  }

  private snapshot(): Snapshot {
    return { ...this.live(), boot: this.boot, memory: { guest_bytes: this.manifest.memory_bytes, vmm_private_bytes: null } };
  }
}

/** Of the machine's codes those that are not about what it lacks. */
const FAILURES_OF_GUESTS = ['WL5014', 'WL5016'];
