/**
 * The run of captures in Node, in the captures' own time: the reference for the stepped driver of the
 * native side (native/vswitch). Frames of all ports are merged by time stamp, ties by interface, then by
 * place in the file; between them time moves from timer to timer.
 */
import { CaptureError, type CapturedFrame } from '../../capture/frame.js';
import { readCapture } from '../../capture/read.js';
import { CaptureWriter } from '../../capture/write.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { FRAME_BYTES_MAX } from '../../kit/limits.js';
import type { Ending, PortFigures, StreamFigures } from '../outcome.js';
import type { PortSpec } from '../port-spec.js';
import type { SteeringRules } from '../steering.js';
import type { Engine } from './engine.js';
import { Engines } from './engines.js';
import type { InstanceCounts } from './engine-node.js';

/** Time of a run without any frame: 2001-09-09T01:46:40Z. */
export const START_WITHOUT_FRAMES_NS = 1_000_000_000_000_000_000n;

/** Steps that an appliance may take at one time without coming to rest: WL_STEPS_AT_ONCE_MAX. */
const STEPS_AT_ONCE_MAX = 64;
/** What each further one takes, in nanoseconds, so that time goes on for who never rests: WL_STEP_NS. */
const STEP_NS = 10_000_000n;

/** Steps between looks at the outside world (signals). */
const STEPS_BETWEEN_LOOKS = 4096;

export interface RunHooks {
  readonly seed: number;
  /** How frames are dealt out to several processors; absent: there is one. */
  readonly steering?: SteeringRules;
  readonly untilIdle: boolean;
  /** Ends after that much of the run's time, in nanoseconds. */
  readonly duration?: bigint | undefined;
  readonly stopped: () => boolean;
  readonly log: (line: string) => void;
  /** Called once, before the first frame, with a function that gives the figures at any time. */
  readonly started?: (figures: () => { ports: readonly PortFigures[]; counts: readonly InstanceCounts[] }, engines: readonly Engine[]) => void;
}

export interface NodeRunResult {
  readonly ended: Ending;
  readonly ports: PortFigures[];
  readonly counts: readonly InstanceCounts[];
  /** A capture that broke off: the run went on to there. */
  readonly damage?: { readonly file: string; readonly error: CaptureError };
  /** Of generators, by port. */
  readonly streams?: readonly (StreamFigures | undefined)[];
}

/** The next frame of each port's capture. */
class Inputs {
  private readonly heads: { port: number; frames: Iterator<CapturedFrame>; file: string; next: CapturedFrame | undefined }[] = [];
  damage: NodeRunResult['damage'];

  constructor(specs: readonly PortSpec[]) {
    specs.forEach((spec, port) => {
      if (spec.kind !== 'pcap' || spec.in === undefined) return;
      const head = { port, frames: readCapture(spec.in)[Symbol.iterator](), file: spec.in, next: undefined };
      this.heads.push(head);
      this.advance(head);
    });
  }

  /** The earliest frame; undefined when all are spent. */
  peek(): { port: number; frame: CapturedFrame } | undefined {
    let first: (typeof this.heads)[number] | undefined;
    for (const head of this.heads) {
      if (head.next !== undefined && (first === undefined || head.next.timestamp < first.next!.timestamp)) first = head;
    }
    return first && { port: first.port, frame: first.next! };
  }

  shift(): void {
    const { port } = this.peek()!;
    this.advance(this.heads.find((head) => head.port === port)!);
  }

  private advance(head: (typeof this.heads)[number]): void {
    try {
      const { done, value } = head.frames.next();
      head.next = done === true ? undefined : value;
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.damage ??= { file: head.file, error };
      head.next = undefined;
    }
  }
}

export async function virtualRun(graph: CheckedGraph, specs: readonly PortSpec[], options: RunHooks): Promise<NodeRunResult> {
  const inputs = new Inputs(specs);
  const writers = specs.map((spec) => (spec.kind === 'pcap' && spec.out !== undefined ? new CaptureWriter(spec.out) : undefined));
  const ports = specs.map((): PortFigures => ({ rx_packets: 0, rx_bytes: 0, tx_packets: 0, tx_bytes: 0, drops: 0 }));
  let clock = inputs.peek()?.frame.timestamp ?? START_WITHOUT_FRAMES_NS;
  const end = options.duration === undefined ? undefined : clock + options.duration;
  const engines = new Engines(graph, {
    seed: options.seed,
    microseconds: Number(clock / 1000n),
    log: options.log,
    transmit(port, frame) {
      const figures = ports[port]!;
      if (frame.length > FRAME_BYTES_MAX) {
        figures.drops += 1;
        return;
      }
      figures.tx_packets += 1;
      figures.tx_bytes += frame.length;
      writers[port]?.write(clock, frame);
    },
  }, options.steering);
  const stepTo = (time: bigint) => {
    if (time > clock) clock = time;
    return engines.step(Number(clock / 1000n));
  };
  options.started?.(() => ({ ports, counts: engines.counts() }), engines.all);
  const ended = await drive();
  let failure: unknown;
  for (const writer of writers) {
    try {
      writer?.close();
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return { ended, ports, counts: engines.counts(), damage: inputs.damage };

  async function drive(): Promise<Ending> {
    let busy = stepTo(clock);
    // Steps in a row that left work.
    let restless = 0;
    for (let steps = 1; ; steps += 1) {
      // A step that leaves work took long; who sends for ever leaves some each time.
      if (busy || steps % STEPS_BETWEEN_LOOKS === 0) await new Promise(setImmediate);
      if (options.stopped()) return 'signal';
      const next = inputs.peek();
      const timer = engines.nextTimer(false);
      const timerTime = timer === undefined ? undefined : BigInt(timer) * 1000n;
      restless = busy ? restless + 1 : 0;
      if (busy && restless < STEPS_AT_ONCE_MAX) {
        busy = stepTo(clock);
      } else if (busy && (next === undefined || next.frame.timestamp > clock + STEP_NS)) {
        if (end !== undefined && clock + STEP_NS > end) return 'time';
        busy = stepTo(clock + STEP_NS);
      } else if (next !== undefined && (busy || timerTime === undefined || timerTime > next.frame.timestamp)) {
        if (end !== undefined && next.frame.timestamp > end) return 'time';
        inputs.shift();
        if (next.frame.timestamp > clock) clock = next.frame.timestamp;
        if (receive(next.port, next.frame) || busy) busy = stepTo(clock);
      } else if (timerTime !== undefined && (next !== undefined || !options.untilIdle || engines.nextTimer(true) !== undefined)) {
        if (end !== undefined && timerTime > end) return 'time';
        busy = stepTo(timerTime);
      } else if (options.untilIdle) {
        return 'idle';
      } else if (end !== undefined) {
        return 'time';
      } else {
        // Nothing will ever happen again; the user said to stay.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Hands a frame to the engine, unless no interface would take it. */
  function receive(port: number, { bytes }: CapturedFrame): boolean {
    const figures = ports[port]!;
    if (bytes.length === 0 || bytes.length > FRAME_BYTES_MAX || !graph.interfaces[port]!.receives) {
      figures.drops += 1;
      return false;
    }
    figures.rx_packets += 1;
    figures.rx_bytes += bytes.length;
    engines.receive(port, bytes, {
      seconds: Number(clock / 1_000_000_000n),
      nanoseconds: Number(clock % 1_000_000_000n),
    });
    return true;
  }
}
