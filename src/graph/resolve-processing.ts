/**
 * Push or pull, port by port (Click: "Modular router", 3.2): both ends of an arrow are the same; an agnostic
 * element's input and its first output are, too, or those of its ports that it says are. What nothing decides is push.
 */
import type { Diagnostics } from '../diagnostics.js';
import { nameOf, ofElement, type BoundInstance } from './bound.js';
import type { BoundPorts } from './bind-ports.js';

export type Resolved = 'push' | 'pull';

export interface ResolvedPorts {
  readonly inputs: readonly Resolved[];
  readonly outputs: readonly Resolved[];
}

type Node = string;

export function resolveProcessing(bound: readonly BoundInstance[], ports: readonly BoundPorts[], diagnostics: Diagnostics): ResolvedPorts[] {
  const fixed = new Map<Node, Resolved>();
  const arrows: Links = new Map();
  /** From the input of an agnostic element to its output. */
  const within: Links = new Map();
  /** Inputs and outputs that `within` has, by instance. */
  const pairs: (readonly Pair[])[] = [];
  const link = (links: Links, a: Node, b: Node): void => {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const list = links.get(from);
      if (list === undefined) links.set(from, [to]);
      else list.push(to);
    }
  };
  const input = (instance: number, port: number): Node => `i${instance} ${port}`;
  const output = (instance: number, port: number): Node => `o${instance} ${port}`;
  for (const instance of bound) {
    const { index } = instance;
    const { inputs, outputs } = ports[index]!;
    const { separatePorts: separate = false, portsAlike } = instance.element.class.definition;
    const follows = separate || portsAlike !== undefined || followsNeighbours(instance, inputs.length);
    inputs.forEach(({ processing }, port) => {
      if (processing !== 'agnostic') fixed.set(input(index, port), processing);
      else if (!follows) fixed.set(input(index, port), 'push');
    });
    outputs.forEach(({ processing }, port) => {
      if (processing !== 'agnostic') fixed.set(output(index, port), processing);
      else if (!separate && portsAlike === undefined && (port > 0 || !follows)) fixed.set(output(index, port), 'push');
    });
    const alike = portsAlike !== undefined ? alikePorts(portsAlike, inputs.length, outputs.length).filter(([taken, given]) => inputs[taken]!.processing === 'agnostic' && outputs[given]!.processing === 'agnostic') : inputs.length > 0 && outputs[0]?.processing === 'agnostic' && follows && !separate ? [FIRST] : [];
    for (const [taken, given] of alike) link(within, input(index, taken), output(index, given));
    pairs.push(alike);
    for (const { edges } of outputs) for (const { from, to } of edges) link(arrows, output(from.instance.index, from.port), input(to.instance.index, to.port));
  }
  const known = new Map(fixed);
  // In turns, along arrows and through elements: so it comes out where the two that differ meet.
  for (let news = [...fixed.keys()]; news.length > 0; ) {
    const met = spread(known, news, arrows);
    news = [...met, ...spread(known, [...news, ...met], within)];
  }
  const resolved = bound.map(({ index }) => ({
    inputs: ports[index]!.inputs.map((_, port) => known.get(input(index, port)) ?? 'push'),
    outputs: ports[index]!.outputs.map((_, port) => known.get(output(index, port)) ?? 'push'),
  }));
  checkArrows(bound, ports, resolved, diagnostics);
  for (const instance of bound) {
    const { inputs, outputs } = resolved[instance.index]!;
    const wrong = pairs[instance.index]!.find(([taken, given]) => inputs[taken] !== outputs[given]);
    if (wrong === undefined) continue;
    const taken = inputs[wrong[0]];
    const message = `${nameOf(instance)} cannot be ${taken === 'push' ? 'pushed to and pulled from' : 'asked to pull and to push'} at once`;
    diagnostics.error('WL1267', instance.expanded.span, message, taken === 'push' ? 'Put a Queue before or behind it.' : 'Put an Unqueue before or behind it.', undefined, ofElement(instance, `agnostic # in mixed context: ${taken} input ${wrong[0]}, ${outputs[wrong[1]]} output ${wrong[1]}`));
  }
  return resolved;
}

type Links = Map<Node, Node[]>;

/** An input and an output that are driven alike. */
type Pair = readonly [input: number, output: number];

const FIRST: Pair = [0, 0];

function alikePorts(which: 'paired' | 'all', inputs: number, outputs: number): Pair[] {
  if (which === 'paired') return Array.from({ length: Math.min(inputs, outputs) }, (_, port): Pair => [port, port]);
  return [...Array.from({ length: inputs }, (_, port): Pair => [port, 0]), ...Array.from({ length: Math.max(0, outputs - 1) }, (_, port): Pair => [0, port + 1])];
}

/** Gives what `news` know to those that they are linked to; who knows it now. */
function spread(known: Map<Node, Resolved>, news: readonly Node[], links: Links): Node[] {
  const met: Node[] = [];
  for (const node of news) {
    for (const other of links.get(node) ?? []) {
      if (known.has(other)) continue;
      known.set(other, known.get(node)!);
      met.push(other);
    }
  }
  return met;
}

/** Whether an agnostic element may be pulled: it has one input, and a way to be asked. */
function followsNeighbours({ element }: BoundInstance, inputs: number): boolean {
  const { definition, outputs } = element.class;
  if (definition.device === 'send') return true;
  if (inputs > 1) return false;
  return (outputs.named?.length ?? 1) > 0 || definition.run !== undefined;
}

function checkArrows(bound: readonly BoundInstance[], ports: readonly BoundPorts[], resolved: readonly ResolvedPorts[], diagnostics: Diagnostics): void {
  for (const instance of bound) {
    const { inputs, outputs } = ports[instance.index]!;
    outputs.forEach(({ edges, name }, port) => {
      const own = resolved[instance.index]!.outputs[port]!;
      for (const { to, toSpan, fromSpan } of edges) {
        const other = resolved[to.instance.index]!.inputs[to.port];
        if (other === undefined || own === other) continue;
        const message = own === 'push'
          ? `${nameOf(instance)} pushes packets, but ${nameOf(to.instance)} wants to pull them`
          : `${nameOf(instance)} waits to be pulled from, but ${nameOf(to.instance)} takes packets only when they are pushed`;
        const hint = own === 'push' ? 'Put a Queue between them: ... -> Queue(200) -> ...' : 'Put an Unqueue between them: ... -> Unqueue -> ...';
        diagnostics.error('WL1267', toSpan, message, hint, [{ message: 'the other end', span: fromSpan }], {
          text: ofElement(instance, `# ${own} output ${port} connected to `).text + ofElement(to.instance, `# ${other} input ${to.port}`).text,
          span: instance.expanded.span,
        });
      }
      if (own === 'push' && edges.length > 1) {
        const shown = outputs.length === 1 ? 'The output' : `Output ${name}`;
        diagnostics.error('WL1264', edges[1]!.fromSpan, `${shown.toLowerCase()} of ${nameOf(instance)} is connected ${edges.length} times`, 'A packet goes one way. Send copies with a Tee: ... -> t :: Tee; t[0] -> ...; t[1] -> ...', [
          { message: 'connected before', span: edges[0]!.fromSpan },
        ], ofElement(instance, `illegal reuse of # push output ${port}`));
      }
    });
    inputs.forEach(({ edges, name }, port) => {
      if (resolved[instance.index]!.inputs[port] !== 'pull' || edges.length < 2) return;
      diagnostics.error('WL1265', edges[1]!.toSpan, `input ${name} of ${nameOf(instance)} would have to pull from ${edges.length} places`, 'Put a Queue before it, into which all of them push.', [
        { message: 'connected before', span: edges[0]!.toSpan },
      ], ofElement(instance, `illegal reuse of # pull input ${port}`));
    });
  }
}
