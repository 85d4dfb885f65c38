/**
 * Runs the examples of an element class in Node: the documentation of an element is also its first test. Each
 * example becomes a small graph, in which the element stands between interfaces.
 */
import { DiagnosticError, Diagnostics, SourceText } from '../diagnostics.js';
import { check } from '../graph/check.js';
import type { CheckedGraph } from '../graph/graph.js';
import { readClick } from '../graph/read-click.js';
import { SourceFiles } from '../graph/source-files.js';
import type { ElementClass, PortSide } from '../kit/element.js';
import type { Example, ExamplePacket } from '../kit/example.js';
import { bytesOf, type PacketTemplate } from '../kit/template.js';
import { Engine } from './node/engine.js';

/** A frame of an example's run, or a step without one; also what a compiled run replays. */
export interface ExampleStep {
  readonly clock: bigint;
  readonly interface?: number;
  readonly bytes?: Uint8Array;
}

export interface ExampleRun {
  readonly title: string;
  readonly graph: CheckedGraph;
  readonly steps: readonly ExampleStep[];
  /** What differs from what the example says; empty when it holds. */
  readonly mismatches: readonly string[];
}

/** When examples take place: 2001-09-09T01:46:40Z, a packet a microsecond. */
export const EXAMPLE_START_NS = 1_000_000_000_000_000_000n;
/** Timers that an example waits for. */
const TIMER_STEPS_MAX = 1000;
const SEED = 1;

/** Runs all examples of a class. */
export async function runExamples(element: ElementClass, elementFolders: readonly string[] = []): Promise<ExampleRun[]> {
  const runs: ExampleRun[] = [];
  for (const example of element.examples) runs.push(await runExample(element, example, elementFolders));
  return runs;
}

async function runExample(element: ElementClass, example: Example, elementFolders: readonly string[]): Promise<ExampleRun> {
  const bench = new Bench(element, example);
  const graph = await checked(bench.text(), elementFolders);
  const steps: ExampleStep[] = [];
  const left = new Map<string, Uint8Array[]>();
  const engine = new Engine(graph, {
    seed: SEED,
    microseconds: Number(EXAMPLE_START_NS / 1000n),
    log: () => undefined,
    transmit(port, frame) {
      const { name } = graph.interfaces[port]!;
      left.set(name, [...(left.get(name) ?? []), Uint8Array.from(frame)]);
    },
  });
  let clock = EXAMPLE_START_NS;
  const step = (more: Omit<ExampleStep, 'clock'> = {}) => {
    steps.push({ clock, ...more });
    if (more.bytes !== undefined) engine.receive(more.interface!, more.bytes, { seconds: Number(clock / 1_000_000_000n), nanoseconds: Number(clock % 1_000_000_000n) });
    return engine.step(Number(clock / 1000n));
  };
  let busy = step();
  for (const packet of example.packets) {
    const arrival = packet instanceof Uint8Array || packet.at === undefined ? clock + 1000n : EXAMPLE_START_NS + BigInt(packet.at) * 1000n;
    for (let timer = engine.nextTimer(false); timer !== undefined && BigInt(timer) * 1000n < arrival; timer = engine.nextTimer(false)) {
      if (BigInt(timer) * 1000n > clock) clock = BigInt(timer) * 1000n;
      step();
    }
    clock = arrival;
    const name = bench.interfaceFor(packet);
    busy = step({ interface: graph.interfaces.findIndex((item) => item.name === name), bytes: bytesOf(packet) });
  }
  for (let count = 0; count < TIMER_STEPS_MAX; count += 1) {
    const timer = engine.nextTimer(false);
    if (!busy && engine.nextTimer(true) === undefined) break;
    if (!busy && timer !== undefined && BigInt(timer) * 1000n > clock) clock = BigInt(timer) * 1000n;
    busy = step();
  }
  const index = graph.instances.findIndex(({ name }) => name === 'e');
  const counts = engine.counts()[index]!;
  const outputs = graph.instances[index]!.outputs.map(({ name }) => name);
  return { title: example.title, graph, steps, mismatches: compare(example, outputs, (port) => left.get(`out${port}`) ?? [], counts) };
}

async function checked(text: string, elementFolders: readonly string[]): Promise<CheckedGraph> {
  const diagnostics = new Diagnostics();
  const source = new SourceText('example.click', text);
  const graph = readClick(source, new SourceFiles(diagnostics), diagnostics);
  const result = await check({ ...graph, files: [source] }, { set: new Map(), elementFolders }, diagnostics);
  if (result === undefined) throw new DiagnosticError(diagnostics.list);
  return result;
}

/** The graph around an element: an interface for each kind of packet and each output. */
class Bench {
  private readonly kinds = new Map<string, { name: string; input: number; marks: string }>();

  constructor(
    private readonly element: ElementClass,
    private readonly example: Example,
  ) {
    for (const packet of example.packets) this.interfaceFor(packet);
  }

  /** The interface by which a packet arrives: those with the same input, marks and annotations share one. */
  interfaceFor(packet: ExamplePacket): string {
    const input = this.inputOf(packet);
    const marks = marksOf(packet);
    const key = `${input} ${marks}`;
    const known = this.kinds.get(key);
    if (known !== undefined) return known.name;
    const name = `in${this.kinds.size}`;
    this.kinds.set(key, { name, input, marks });
    return name;
  }

  private inputOf(packet: ExamplePacket): number {
    const { element, example } = this;
    const given = (packet instanceof Uint8Array ? undefined : packet.input) ?? example.input ?? 0;
    return typeof given === 'number' ? given : (element.inputs.named?.findIndex(({ name }) => name === given) ?? 0);
  }

  text(): string {
    const { element, example } = this;
    const lines = [...(example.beside === undefined ? [] : [`${example.beside};`]), `e :: ${element.name}(${example.config ?? ''});`];
    const kinds = [...this.kinds.values()];
    const inputs = this.count(element.inputs, example.inputs);
    for (let index = 0; index < inputs; index += 1) {
      const pulled = processingOf(element.inputs, index) === 'pull';
      const used = kinds.filter(({ input }) => input === index);
      const way = `${example.before === undefined ? '' : `${example.before} -> `}[${index}]e;`;
      if (used.length === 0) lines.push(pulled ? `FromDevice(idle${index}) -> Queue(1) -> [${index}]e;` : `FromDevice(idle${index}) -> [${index}]e;`);
      else lines.push(`feed${index} :: ${pulled ? 'Queue(1000)' : 'Null'} -> ${way}`);
      for (const { name, marks } of used) lines.push(`FromDevice(${name}) -> ExamplePacket(${marks}) -> feed${index};`);
    }
    const outputs = this.count(element.outputs, example.outputs);
    const after = example.after === undefined ? '' : `${example.after} -> `;
    for (let index = 0; index < outputs; index += 1) lines.push(`e[${index}] -> ${index === 0 ? after : ''}ToDevice(out${index});`);
    return `${lines.join('\n')}\n`;
  }

  private count({ named, row }: PortSide, given: number | undefined): number {
    if (named !== undefined) return given ?? named.length;
    const used = Object.keys(this.example.expected).filter((port) => /^\d+$/.test(port)).map((port) => Number(port) + 1);
    return given ?? Math.max(row!.min, row === this.element.outputs.row ? Math.max(0, ...used) : 0);
  }
}

function processingOf({ named, row }: PortSide, port: number): string {
  return named?.[port]?.processing ?? row?.processing ?? 'push';
}

function marksOf(packet: ExamplePacket): string {
  if (packet instanceof Uint8Array) return '';
  const { networkHeader, transportHeader, paint, destinationAddress, icmpParameter, fixIpSource, packetType }: PacketTemplate = packet;
  const parts = {
    NETWORK: networkHeader,
    TRANSPORT: transportHeader,
    PAINT: paint,
    DESTINATION: destinationAddress,
    ICMP_PARAMETER: icmpParameter,
    FIX_IP_SOURCE: fixIpSource === undefined ? undefined : Number(fixIpSource),
    PACKET_TYPE: packetType,
  };
  return Object.entries(parts).filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`).join(', ');
}

function compare(
  { expected, counters = {} }: Example,
  outputs: readonly string[],
  left: (port: number) => readonly Uint8Array[],
  counts: { readonly counters: Readonly<Record<string, number>>; readonly drops: Readonly<Record<string, number>> },
): string[] {
  const mismatches: string[] = [];
  const known = new Set([...outputs, ...outputs.map((_, index) => String(index)), 'drop']);
  for (const port of Object.keys(expected)) if (!known.has(port)) mismatches.push(`it has no output "${port}"`);
  outputs.forEach((name, index) => {
    const wanted = [...(expected[name] ?? []), ...(name === String(index) ? [] : (expected[String(index)] ?? []))] as ExamplePacket[];
    const got = left(index);
    for (let number = 0; number < Math.max(wanted.length, got.length); number += 1) {
      const [want, have] = [wanted[number], got[number]];
      const shown = `output ${name}, packet ${number + 1}`;
      if (want === undefined) mismatches.push(`${shown}: nothing was expected\n  got      ${hex(have!)}`);
      else if (have === undefined) mismatches.push(`${shown}: nothing left\n  expected ${hex(bytesOf(want))}`);
      else if (hex(bytesOf(want)) !== hex(have)) mismatches.push(`${shown} differs\n  expected ${hex(bytesOf(want))}\n  got      ${hex(have)}`);
    }
  });
  const wantedDrops = tally((expected['drop'] ?? []) as readonly string[]);
  const gotDrops = Object.fromEntries(Object.entries(counts.drops).filter(([, count]) => count > 0));
  if (JSON.stringify(sorted(wantedDrops)) !== JSON.stringify(sorted(gotDrops))) {
    mismatches.push(`drops differ\n  expected ${JSON.stringify(wantedDrops)}\n  got      ${JSON.stringify(gotDrops)}`);
  }
  for (const [name, value] of Object.entries(counters)) {
    if (counts.counters[name] !== value) mismatches.push(`counter ${name} is ${counts.counters[name]}, expected ${value}`);
  }
  return mismatches;
}

function tally(reasons: readonly string[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const reason of reasons) result[reason] = (result[reason] ?? 0) + 1;
  return result;
}

const sorted = (record: Readonly<Record<string, number>>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/(.{8})(?=.)/g, '$1 ') || '(no bytes)';
}
