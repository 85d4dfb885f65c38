/** A checked graph in Click's own notation, its compounds expanded: what `flatconfig` and click-flatten say. */
import { formatIpv4, formatMac } from '../kit/address.js';
import { flatText, type Hop } from './flat-text.js';
import type { CheckedGraph, Instance } from './graph.js';

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
    if (instance.implied === true) continue;
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
  const { requirements = [], instances } = graph;
  const hops = instances.filter(({ implied }) => implied !== true).flatMap(({ name, outputs }) =>
    outputs.flatMap(({ to }, port) => to.map((end) => declaredEnd(instances, end, 'to')).map((end): Hop => ({ from: name, fromPort: port, to: instances[end.instance]!.name, toPort: end.port }))),
  );
  // Click's router keeps its connections sorted by where they lead to.
  const order = new Map(elements.map(({ name }, index) => [name, index]));
  const place = (name: string) => order.get(name) ?? elements.length;
  hops.sort((a, b) => place(a.to) - place(b.to) || a.toPort - b.toPort || place(a.from) - place(b.from) || a.fromPort - b.fromPort);
  return flatText(requirements, elements.map((element) => ({ ...element, given: configOf(element) })), hops);
}

/** AddressInfo with the addresses of the interfaces; nothing where there are none. */
export function interfaceAddresses({ interfaces }: Pick<CheckedGraph, 'interfaces'>): string {
  const addresses = interfaces.map(({ name, mac, address, prefixLength }) => {
    const ip = address === undefined ? '' : ` ${formatIpv4(address)}${prefixLength === undefined ? '' : `/${prefixLength}`}`;
    return `${name}${ip} ${formatMac(mac)}`;
  });
  return addresses.length > 0 ? `AddressInfo(${addresses.join(', ')});\n` : '';
}

/** An end of an arrow, or what is beyond it where nobody declared the element there. */
export function declaredEnd(instances: readonly Instance[], end: { readonly instance: number; readonly port: number }, way: 'from' | 'to'): { readonly instance: number; readonly port: number } {
  const { implied, inputs, outputs } = instances[end.instance]!;
  return implied === true ? (way === 'to' ? outputs[0]!.to[0]! : inputs[0]!.from[0]!) : end;
}
