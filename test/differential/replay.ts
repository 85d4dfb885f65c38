/** Runs a graph twice, in Node and compiled, on the same frames, and compares everything that leaves. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { lower } from '#src/compile/lower.js';
import type { Lowered } from '#src/compile/lowered.js';
import type { CheckedGraph } from '#src/graph/graph.js';
import { PacketLists, PacketQueue } from '#src/kit/packet-store.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { Engine } from '#src/run/node/engine.js';

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

export interface Compiler {
  readonly name: string;
  readonly command: string;
  readonly flags: readonly string[];
}

export const COMPILERS: readonly Compiler[] = [
  // What always_inline puts in place is a function here: checked once, it takes the compiler two thirds of the time.
  { name: 'gcc -O0, sanitizers', command: 'gcc', flags: ['-O0', '-Dalways_inline=unused', '-fsanitize=undefined,address', '-fno-sanitize-recover=all', '-fno-sanitize=alignment'] },
  { name: 'gcc -O3', command: 'gcc', flags: ['-O3'] },
  { name: 'clang -O3', command: 'clang', flags: ['-O3'] },
].filter(({ command }) => spawnSync(command, ['--version']).status === 0);

/** Programs are many and small: a quick linker, where there is one. */
const LINKER = spawnSync('ld.gold', ['--version']).status === 0 ? ['-fuse-ld=gold'] : [];

/** Programs allocate nothing, so nothing can leak; to look for leaks takes a program three times as long as its work. */
const ENVIRONMENT = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };

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

/** A graph compiled for replay by each compiler, in a folder of its own that `dispose` removes. */
export class CompiledGraph {
  private readonly compiled = new Set<Compiler>();

  private constructor(
    private readonly lowered: Lowered,
    private readonly folder: string,
  ) {}

  /** `called`: functions of elements that are called twice become functions in C, however small. */
  static async of(graph: CheckedGraph, called = false): Promise<CompiledGraph> {
    // Code that looks ahead must do no harm whatever it looks at: here it looks at everything.
    const lowered = await lower(plan(graph), { lookAheadFrom: 1, ...(called ? { calls: { inPlaceMax: 0, calledMin: 0 } } : {}) });
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-replay-'));
    writeFileSync(path.join(folder, 'unit.c'), lowered.source('wl_replay.h'));
    return new CompiledGraph(lowered, folder);
  }

  /** Compiles beforehand, beside what else there is to do; `run` does it where it was not done. */
  async compile(compiler: Compiler): Promise<void> {
    if (this.compiled.has(compiler)) return;
    await promisify(execFile)(compiler.command, this.compilation(compiler));
    this.compiled.add(compiler);
  }

  private compilation(compiler: Compiler): string[] {
    const includes = ['native/runtime', 'native/abi', 'test/differential'].map((folder) => `-I${path.join(packageRoot, folder)}`);
    // Lines are enough to read what a sanitizer says; more of them takes the compilers longer than the code does.
    const fixed = ['-std=gnu17', '-g1', '-w', '-fno-strict-aliasing', ...LINKER];
    return [...fixed, ...compiler.flags, ...includes, '-o', this.program(compiler), path.join(this.folder, 'unit.c')];
  }

  private program(compiler: Compiler): string {
    return path.join(this.folder, `replay-${COMPILERS.indexOf(compiler)}`);
  }

  run(compiler: Compiler, input: readonly InputFrame[], start: bigint): Outcome {
    if (!this.compiled.has(compiler)) execFileSync(compiler.command, this.compilation(compiler));
    const program = this.program(compiler);
    const result = spawnSync(program, [String(SEED), String(start)], { env: ENVIRONMENT, input: encode(input), maxBuffer: 1 << 30 });
    if (result.status !== 0) {
      throw new Error(`the compiled graph (${compiler.name}) ended with ${result.status ?? result.signal}:\n${result.stderr.toString().slice(0, 4000)}`);
    }
    return decode(result.stdout, this.lowered);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
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
