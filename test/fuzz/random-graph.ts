/** Graphs of real elements that nobody would write: random classes, arguments, connections and compounds, the same for a seed. */
import { Diagnostics } from '#src/diagnostics.js';
import { Registry, type LoadedElement } from '#src/graph/registry.js';
import type { Dice } from '../differential/element-fuzz.js';
import { randomArguments, RESTLESS } from './random-arguments.js';
import type { Arrow, Element, End, GraphModel } from './graph-model.js';

/** Classes that are not drawn, and why. */
export const NOT_DRAWN: Readonly<Record<string, string>> = {
  FromDevice: 'the interfaces are',
  ToDevice: 'the interfaces are',
  FromDPDKDevice: 'the interfaces are',
  ToDPDKDevice: 'the interfaces are',
  FromNetmapDevice: 'the interfaces are',
  ToNetmapDevice: 'the interfaces are',
  Error: 'refuses every graph',
  HTTPServer: 'names a folder',
  OpenFlowAgent: 'names a switch and an end of TCP',
  DNSServer: 'names a zone file; test/dns/fuzz.test draws its frames',
  FlowIPNATReverse: 'names the other direction',
  FlowIPLoadBalancerReverse: 'names the other direction',
  FlowNAPTLoadBalancerReverse: 'names the other direction',
  IPLoadBalancerReverse: 'names the other direction',
  FlowNAPTLoadBalancer: 'has as many sources as servers; its examples hold it',
  EtherSpanTree: 'names suppressors and a switch',
  TimestampDiff: 'names a RecordTimestamp',
  TCPAck: 'has to find a TCPBuffer behind it; the case tcp-conn holds it',
  TCPConn: 'has to find a TCPDemux before it; the case tcp-conn holds it',
  ICMPRewriter: 'names rewriters',
  FTPPortMapper: 'names rewriters',
  RoundRobinIPMapper: 'is named by rewriters',
  SourceIPHashMapper: 'is named by rewriters',
  AddressTranslator: 'its mappings have a form of their own; its examples hold it',
};

type Way = 'push' | 'pull';

/** All classes that may stand in a random graph. */
export async function drawnClasses(): Promise<LoadedElement[]> {
  const diagnostics = new Diagnostics();
  const registry = new Registry([], diagnostics);
  const names = registry.names().filter((name) => NOT_DRAWN[name] === undefined);
  const loaded = await Promise.all(names.map((name) => registry.load(name)));
  // Elements of the control side run beside the packet path, in Node only.
  return loaded.filter((element) => element !== undefined).filter((element) => element.class.definition.control === undefined);
}

/** A graph with two or three interfaces and about `size` elements, of `all` classes; most of `classes`, when they are given. */
export function randomGraph(dice: Dice, size: number, all: readonly LoadedElement[], classes = all): GraphModel {
  return new Growth(dice, all, classes).graph(size);
}

/** Of the first port. */
function processingOf({ class: { inputs, outputs } }: LoadedElement, side: 'inputs' | 'outputs'): string | undefined {
  const ports = side === 'inputs' ? inputs : outputs;
  return ports.named === undefined ? ports.row.processing : ports.named[0]?.processing;
}

class Growth {
  private readonly elements: Element[] = [];
  private readonly arrows: Arrow[] = [];
  private readonly interfaces: string[];
  /** Outputs that lead nowhere yet. */
  private readonly open: Record<Way, End[]> = { push: [], pull: [] };
  private readonly pullers: readonly LoadedElement[];
  private readonly queues: readonly LoadedElement[];
  /** Queues that others name. */
  private readonly watched = new Set<string>();
  private readonly named: ReadonlyMap<string, LoadedElement>;

  constructor(
    private readonly dice: Dice,
    all: readonly LoadedElement[],
    private readonly classes: readonly LoadedElement[],
  ) {
    this.pullers = all.filter((element) => processingOf(element, 'inputs') === 'pull');
    this.queues = all.filter((element) => processingOf(element, 'inputs') === 'push' && processingOf(element, 'outputs') === 'pull');
    this.named = new Map(all.map((element) => [element.class.name, element]));
    this.interfaces = ['a', 'b', 'c'].slice(0, 2 + dice.below(2));
    for (const element of this.interfaces) this.open.push.push({ element, port: 0 });
  }

  graph(size: number): GraphModel {
    const { dice } = this;
    const loop = dice.chance(25) ? this.loop() : undefined;
    for (const name of this.interfaces) if (dice.chance(65)) this.prologue(name);
    for (let misses = 0; this.elements.length < size && misses < 200; ) if (!this.grow(this.someClass())) misses += 1;
    this.finish(loop);
    const notation = dice.pick(['yaml', 'click'] as const);
    return { interfaces: this.interfaces, elements: this.elements, arrows: this.arrows, compounds: this.compounds(), notation };
  }

  private someClass(): LoadedElement {
    const { dice } = this;
    // Uniform choice would hardly ever let packets be pulled.
    const pulling = this.open.pull.length > 0 && dice.chance(30) ? this.pullers : this.open.pull.length < 3 && dice.chance(12) ? this.queues : [];
    return dice.pick(pulling.length > 0 ? pulling : this.classes);
  }

  /** What lets elements for IP packets see some. */
  private prologue(name: string): void {
    const at = this.open.push.findIndex(({ element }) => element === name);
    let end = this.open.push.splice(at, 1)[0]!;
    const chains = [['Strip(14)', 'CheckIPHeader'], ['MarkIPHeader(14)'], ['CheckIPHeader(14)'], ['Strip(14)', 'MarkIPHeader', 'GetIPAddress(16)'], ['IPInputCombo(1)']];
    for (const text of this.dice.pick(chains)) {
      const [className, argument] = text.replace(')', '').split('(') as [string, string?];
      const element = this.add(className, argument === undefined ? [] : [argument], 1, 1);
      this.arrows.push({ from: end, to: { element, port: 0 } });
      end = { element, port: 0 };
    }
    this.open.push.push(end);
  }

  /** A queue whose packets come round a number of times; what leads back to it is connected in the end. */
  private loop(): End {
    const { dice } = this;
    const queue = this.add('Queue', [String(dice.pick([1, 8, 50]))], 1, 1);
    const element = this.add('Unqueue', [`LIMIT ${dice.pick([1, 20, 100])}`], 1, 1);
    this.arrows.push({ from: { element: queue, port: 0 }, to: { element, port: 0 } });
    this.open.push.push({ element, port: 0 });
    return { element: queue, port: 0 };
  }

  private add(className: string, list: readonly string[], inputs: number, outputs: number): string {
    const name = `e${this.elements.length}`;
    this.elements.push({ name, className, arguments: list, inputs, outputs });
    return name;
  }

  private take(way: Way): End {
    const list = this.open[way];
    return list.splice(this.dice.below(list.length), 1)[0]!;
  }

  /** Adds an element behind open outputs; false where there are not enough of the right kind. */
  private grow(element: LoadedElement, forced?: Way): boolean {
    const { dice } = this;
    const { name, definition, inputs, outputs } = element.class;
    const follows = inputs.named?.length === 1 && inputs.named[0]!.processing === 'agnostic' && ((outputs.named?.length ?? 1) > 0 || definition.run !== undefined);
    const source = inputs.named?.length === 0;
    const agnostic: Way = forced ?? ((follows && this.open.pull.length > 0 && dice.chance(60)) || (source && dice.chance(30)) ? 'pull' : 'push');
    const wayOf = (processing: string): Way => (processing === 'agnostic' ? agnostic : (processing as Way));
    const rows = { inputs: dice.below(4), outputs: dice.below(4) };
    const countOf = (values: Readonly<Record<string, unknown>>) => {
      const into = inputs.named?.length ?? inputs.row!.count?.(values) ?? Math.min(inputs.row!.max, Math.max(1, inputs.row!.min) + rows.inputs);
      const row = outputs.row;
      const out = row === undefined ? outputs.named!.length : row.same ? into : (row.count?.(values) ?? Math.min(row.max, Math.max(1, row.min) + rows.outputs));
      return { inputs: into, outputs: out };
    };
    const drawn = randomArguments(element, dice, countOf);
    if (drawn === undefined) return false;
    const counts = countOf(drawn.values);
    const wanted = inputs.named === undefined ? Array.from({ length: counts.inputs }, () => wayOf(inputs.row.processing)) : inputs.named.map(({ processing }) => wayOf(processing));
    const connected = wanted.map((_, port) => inputs.named?.[port]?.optional !== true || dice.chance(50));
    for (const way of ['push', 'pull'] as const) if (wanted.filter((each, port) => each === way && connected[port]).length > this.open[way].length) return false;
    const queue = definition.watchesQueues === true ? this.queueToWatch() : '';
    if (queue === undefined) return false;
    const added = this.add(name, queue === '' ? drawn.list : [...drawn.list, `QUEUES ${queue}`], counts.inputs, counts.outputs);
    wanted.forEach((way, port) => {
      if (connected[port]) this.arrows.push({ from: this.take(way), to: { element: added, port } });
    });
    // Several may push into one input.
    if (wanted[0] === 'push' && this.open.push.length > 2 && dice.chance(15)) this.arrows.push({ from: this.take('push'), to: { element: added, port: 0 } });
    for (let port = 0; port < counts.outputs; port += 1) {
      const spec = outputs.named?.[port] ?? outputs.row!;
      if (spec.optional && dice.chance(40)) continue;
      // Of agnostic outputs the first goes as the input does, the others push.
      const follower = spec.processing !== 'agnostic' ? (spec.processing as Way) : port > 0 ? 'push' : (wanted.length === 1 ? wanted[0]! : agnostic);
      this.open[follower].push({ element: added, port });
    }
    return true;
  }

  private queueToWatch(): string | undefined {
    const names = this.elements.filter(({ className }) => this.named.get(className)?.class.definition.storage !== undefined).map(({ name }) => name);
    if (names.length === 0) return undefined;
    const name = this.dice.pick(names);
    this.watched.add(name);
    return name;
  }

  /** Leads all that is open somewhere: back, out, or to its end. */
  private finish(loop: End | undefined): void {
    const { dice } = this;
    if (loop !== undefined) this.arrows.push({ from: this.open.push.length > 0 ? this.take('push') : { element: this.add('Idle', [], 0, 1), port: 0 }, to: loop });
    const pulling = new Set<string>();
    // An interface pulls a batch each round: from what always has a packet, millions.
    const calm = this.elements.every(({ className }) => !RESTLESS.includes(className));
    for (const name of this.interfaces) {
      if (this.open.pull.length === 0 || !calm || !dice.chance(40)) continue;
      pulling.add(name);
      this.arrows.push({ from: this.take('pull'), to: { element: name, port: 0 } });
    }
    while (this.open.pull.length > 0) {
      const className = dice.pick(['Unqueue', 'Unqueue', 'RatedUnqueue', 'TimedSink', 'Discard']);
      if (!this.grow(this.named.get(className)!, 'pull')) throw new Error(`${className} cannot be added`);
    }
    const sinks = this.interfaces.filter((name) => !pulling.has(name));
    while (this.open.push.length > 0) {
      const from = this.take('push');
      const element = sinks.length > 0 && dice.chance(85) ? dice.pick(sinks) : this.add('Discard', [], 1, 0);
      this.arrows.push({ from, to: { element, port: 0 } });
    }
  }

  /** Elements side by side in the list, one group or two. */
  private compounds(): string[][] {
    const { dice, elements } = this;
    if (elements.length < 4 || !dice.chance(40)) return [];
    const from = dice.below(elements.length - 3);
    const first = elements.slice(from, from + 1 + dice.below(3));
    const second = dice.chance(30) ? elements.slice(from + 3, from + 5) : [];
    return [first, second].map((group) => group.map(({ name }) => name).filter((name) => !this.watched.has(name))).filter((group) => group.length > 0);
  }
}
