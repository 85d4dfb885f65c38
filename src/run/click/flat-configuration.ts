/** A checked graph in Click's own notation, its compounds expanded: what `flatconfig` and click-flatten say. */
import type { CheckedGraph, Instance } from '../../graph/graph.js';

/** An element of the router as Click lists it: AddressInfo and its like among the others. */
export interface ListedElement {
  readonly name: string;
  readonly className: string;
  /** Arguments as given. */
  readonly given: string;
  /** Absent: it only told others something. */
  readonly instance?: Instance;
  readonly file: string;
  readonly line: number;
}

/** All elements, in the order in which they were declared. */
export function listElements(graph: CheckedGraph): ListedElement[] {
  const list: ListedElement[] = [];
  const { information = [], instances } = graph;
  let next = 0;
  const add = (name: string, className: string, given: string, span: Instance['span'], instance?: Instance) =>
    list.push({ name, className, given, instance, file: span.source.file, line: span.source.position(span.start).line });
  for (const instance of instances) {
    for (; next < information.length && information[next]!.before <= instance.index; next += 1) {
      const { name, className, given, span } = information[next]!;
      add(name, className, given.join(', '), span);
    }
    add(instance.name, instance.class.name, instance.given?.join(', ') ?? instance.configText, instance.span, instance);
  }
  for (const { name, className, given, span } of information.slice(next)) add(name, className, given.join(', '), span);
  return list;
}

/** The whole configuration; `configOf` gives the arguments that an element has now. */
export function flatConfiguration(graph: CheckedGraph, elements: readonly ListedElement[] = listElements(graph), configOf = ({ given }: ListedElement) => given): string {
  const { requirements = [] } = graph;
  const head = requirements.length > 0 ? `require(${requirements.join(', ')});\n\n` : '';
  const declarations = elements.map((element) => {
    const config = configOf(element);
    return `${element.name} :: ${element.className}${config === '' ? '' : `(${config})`};\n`;
  });
  const connections = connectionChains(graph);
  return `${head}${declarations.join('')}${declarations.length > 0 ? '\n' : ''}${connections}`;
}

interface Hop {
  readonly from: number;
  readonly fromPort: number;
  readonly to: number;
  readonly toPort: number;
}

/** Connections as chains of arrows, as long as they go on by input 0. */
function connectionChains({ instances }: CheckedGraph): string {
  const hops = instances.flatMap(({ index, outputs }) =>
    outputs.flatMap(({ to }, port) => to.map((end): Hop => ({ from: index, fromPort: port, to: end.instance, toPort: end.port }))),
  );
  const following = hops.map((hop) => (hop.toPort === 0 ? nextHop(hops, hop) : undefined));
  const begun = new Set(following.filter((next) => next !== undefined));
  const used = new Set<number>();
  let text = '';
  const write = (first: number) => {
    const { from, fromPort } = hops[first]!;
    text += instances[from]!.name + (fromPort === 0 ? '' : ` [${fromPort}]`);
    for (let at: number | undefined = first; at !== undefined && !used.has(at); at = following[at]) {
      const { to, toPort } = hops[at]!;
      text += `${at === first ? ' -> ' : '\n    -> '}${toPort === 0 ? '' : `[${toPort}] `}${instances[to]!.name}`;
      used.add(at);
    }
    text += ';\n';
  };
  hops.forEach((_, index) => !begun.has(index) && write(index));
  // What is left goes round in a circle.
  hops.forEach((_, index) => !used.has(index) && write(index));
  return text;
}

/** The connection that goes on from output 0 of where `hop` leads, one to an input 0 if there is one. */
function nextHop(hops: readonly Hop[], hop: Hop): number | undefined {
  const candidates = hops.flatMap((other, index) => (other !== hop && other.from === hop.to && other.fromPort === 0 ? [index] : []));
  return candidates.find((index) => hops[index]!.toPort === 0) ?? candidates[candidates.length - 1];
}
