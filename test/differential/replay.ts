/** Runs a graph twice, in Node and compiled, on the same frames, and compares everything that leaves. */
import { lowering } from '#src/compile/lower.js';
import type { Lowered } from '#src/compile/lowered.js';
import type { CheckedGraph } from '#src/graph/graph.js';
import { PacketLists, PacketQueue } from '#src/kit/packet-store.js';
import { plan } from '#src/plan/plan.js';
import { Engine } from '#src/run/node/engine.js';
import { ReplayProgram, type Compiler, type ReplayRun } from './replay-program.js';

export { COMPILERS, type Compiler } from './replay-program.js';

export interface InputFrame {
  /** Nanoseconds since 1970; never falls. */
  clock: bigint;
  /** Undefined: a step without a frame. */
  interface?: number;
  bytes?: Uint8Array;
  /** The next frame, of the same interface, comes with it in one batch; of BATCH_PACKETS_MAX at most. */
  more?: boolean;
}

export interface Outcome {
  /** `interface hex` of each frame, in order. */
  readonly frames: string[];
  readonly log: string;
  /** Per instance: packets, outputs, counters, drops; and packets that are neither free nor gone at the end. */
  readonly counts: string[];
  /** After each step: whether work is left, and the next timers. */
  readonly steps: string[];
}

/** Seed of both runs: for hash keys and random numbers. */
const SEED = 7;

export function runInNode(graph: CheckedGraph, input: readonly InputFrame[], start: bigint): Outcome {
  const frames: string[] = [];
  const steps: string[] = [];
  let log = '';
  const engine = new Engine(graph, {
    seed: SEED,
    microseconds: Number(start / 1000n),
    transmit: (port, frame) => frames.push(`${port} ${Buffer.from(frame).toString('hex')}`),
    log: (line) => (log += `${line}\n`),
  });
  for (const { clock, interface: port, bytes, more } of input) {
    const timestamp = { seconds: Number(clock / 1_000_000_000n), nanoseconds: Number(clock % 1_000_000_000n) };
    if (port !== undefined) engine.receive(port, bytes!, timestamp);
    if (more === true) continue;
    const busy = engine.step(Number(clock / 1000n));
    steps.push(`${busy ? 1 : 0} ${engine.nextTimer(false) ?? 'never'} ${engine.nextTimer(true) ?? 'never'}`);
  }
  const counts = engine.counts().map((count, index) => describeCounts(graph, index, count));
  return { frames, log, counts: [...counts, heldText(heldIn(graph, engine))], steps };
}

const heldText = (packets: number): string => `held at the end: ${packets}`;

/** Packets that the elements hold. */
function heldIn(graph: CheckedGraph, engine: Engine): number {
  const entries = graph.instances.flatMap(({ index }) => Object.values(engine.context(index).state as object));
  return entries.reduce((sum: number, entry: unknown) => (entry instanceof PacketQueue || entry instanceof PacketLists ? sum + entry.length : sum), 0);
}

function describeCounts(
  graph: CheckedGraph,
  index: number,
  count: { packets: number; outputs: readonly number[]; counters: Record<string, number>; drops: Record<string, number> },
): string {
  const present = (record: Record<string, number>) =>
    Object.entries(record).filter(([, value]) => value !== 0).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join(',');
  return `${graph.instances[index]!.name}: in ${count.packets} out ${count.outputs.join('/')} [${present(count.counters)}] drops [${present(count.drops)}]`;
}

/** A graph to compile. `called`: functions of elements that are called twice become functions in C, however small. */
export interface ToCompile {
  readonly graph: CheckedGraph;
  readonly called?: boolean;
}

/** Elements and the kit are read once for all graphs of a process. Code that looks ahead must do no harm whatever it looks at: here it looks at everything. */
const LOWERINGS = [{}, { calls: { inPlaceMax: 0, calledMin: 0 } }].map((options) => once(() => lowering({ lookAheadFrom: 1, ...options })));

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A graph compiled for replay by each compiler, until `dispose`. */
export class CompiledGraph {
  private constructor(
    private readonly lowered: Lowered,
    private readonly program: ReplayProgram,
    private readonly number: number,
  ) {}

  static async of(graph: CheckedGraph, called = false): Promise<CompiledGraph> {
    return (await CompiledGraph.together([{ graph, called }]))[0]!;
  }

  /** Graphs that are compiled as one program, which any of them disposes of. */
  static async together(graphs: readonly ToCompile[]): Promise<CompiledGraph[]> {
    const lowered: Lowered[] = [];
    for (const { graph, called } of graphs) lowered.push((await LOWERINGS[called === true ? 1 : 0]!())(plan(graph)));
    const program = new ReplayProgram(lowered.map((each) => each.source('wl_replay.h', { WL_LOG_DRAIN: 'wl_drain_log' })));
    return lowered.map((each, number) => new CompiledGraph(each, program, number));
  }

  /** Compiles beforehand, beside what else there is to do; `run` does it where it was not done. */
  compile(compiler: Compiler): Promise<void> {
    return this.program.compile(compiler);
  }

  run(compiler: Compiler, input: readonly InputFrame[], start: bigint): Outcome {
    return decode(this.program.run(compiler, this.runOf(input, start)), this.lowered);
  }

  /** Runs of graphs that were compiled together, one after the other, beside what else there is to do; for each what gives its outcome. */
  static async runAll(compiler: Compiler, runs: readonly { compiled: CompiledGraph; input: readonly InputFrame[] }[], start: bigint): Promise<(() => Outcome)[]> {
    const results = await runs[0]!.compiled.program.runAll(compiler, runs.map(({ compiled, input }) => compiled.runOf(input, start)));
    return results.map((result, index) => () => decode(result(), runs[index]!.compiled.lowered));
  }

  private runOf(input: readonly InputFrame[], start: bigint): ReplayRun {
    return { number: this.number, seed: SEED, start, input: encode(input) };
  }

  dispose(): void {
    this.program.dispose();
  }
}

/** WL_REPLAY_MORE. */
const MORE = 0x8000_0000;

function encode(input: readonly InputFrame[]): Buffer {
  return Buffer.concat(
    input.map(({ clock, interface: port, bytes = new Uint8Array(), more }) => {
      const head = Buffer.alloc(16);
      head.writeBigUInt64LE(clock, 0);
      head.writeUInt32LE(port === undefined ? 0xffff_ffff : port + (more === true ? MORE : 0), 8);
      head.writeUInt32LE(bytes.length, 12);
      return Buffer.concat([head, bytes]);
    }),
  );
}

function decode(output: Buffer, lowered: Lowered): Outcome {
  const frames: string[] = [];
  const steps: string[] = [];
  let log = '';
  let values: number[] = [];
  let held = 0;
  let at = 0;
  const u32 = () => output.readUInt32LE((at += 4) - 4);
  const u64 = () => output.readBigUInt64LE((at += 8) - 8);
  const timer = (ns: bigint) => (ns === 0xffff_ffff_ffff_ffffn ? 'never' : String(ns / 1000n));
  while (at < output.length) {
    const kind = u32();
    if (kind === 1) {
      const port = u32();
      const length = u32();
      frames.push(`${port} ${output.subarray(at, at + length).toString('hex')}`);
      at += length;
    } else if (kind === 2) {
      const length = u32();
      log += output.subarray(at, at + length).toString();
      at += length;
    } else if (kind === 3) {
      values = Array.from({ length: u32() }, () => Number(u64()));
    } else if (kind === 4) {
      const busy = u32();
      steps.push(`${busy} ${timer(u64())} ${timer(u64())}`);
    } else {
      held = u32();
    }
  }
  const { graph } = lowered.plan;
  const counts = lowered.counters.read(graph, values);
  return { frames, log, steps, counts: [...counts.map((count, index) => describeCounts(graph, index, count)), heldText(held)] };
}

/** Where two outcomes differ first, in words; undefined when they are equal. */
export function difference(node: Outcome, compiled: Outcome): string | undefined {
  for (const part of ['frames', 'steps', 'counts'] as const) {
    const a = node[part];
    const b = compiled[part];
    for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
      if (a[index] !== b[index]) return `${part}[${index}]:\n  node:     ${a[index]}\n  compiled: ${b[index]}`;
    }
  }
  return node.log === compiled.log ? undefined : `log:\n--- node\n${node.log}--- compiled\n${compiled.log}`;
}
