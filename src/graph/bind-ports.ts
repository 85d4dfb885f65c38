/** Numbers the ports that arrows use, and finds the ones that are missing or too many. */
import type { Diagnostics, Span } from '../diagnostics.js';
import type { PortSide } from '../kit/element.js';
import { PORTS_MAX, type Processing } from '../kit/ports.js';
import { nameOf, ofElement, reportAt, whileConfiguring, type BoundInstance } from './bound.js';
import type { ExpandedConnection, ExpandedEnd } from './expanded.js';
import { suggestion } from '../suggest.js';

export interface BoundPort {
  readonly name: string;
  readonly processing: Processing;
  readonly optional: boolean;
  readonly edges: BoundEdge[];
}

export interface BoundEnd {
  readonly instance: BoundInstance;
  readonly port: number;
}

export interface BoundEdge {
  readonly from: BoundEnd;
  readonly to: BoundEnd;
  /** Where the arrow names its ends. */
  readonly fromSpan: Span;
  readonly toSpan: Span;
}

export interface BoundPorts {
  readonly inputs: readonly BoundPort[];
  readonly outputs: readonly BoundPort[];
}

/** Values of the arguments, for rows of ports that follow from them; undefined where they are wrong. */
export type ConfigOf = (instance: BoundInstance) => Readonly<Record<string, unknown>> | undefined;

export function bindPorts(
  bound: readonly BoundInstance[],
  connections: readonly ExpandedConnection[],
  configOf: ConfigOf,
  /** Some of the graph could not be read: what seems to be missing may be there. */
  misread: boolean,
  diagnostics: Diagnostics,
): BoundPorts[] {
  return new PortBinder(bound, configOf, misread, diagnostics).bind(connections);
}

type Side = 'inputs' | 'outputs';

const WORD = { inputs: 'input', outputs: 'output' } as const;

class PortBinder {
  private readonly byExpanded: Map<unknown, BoundInstance>;
  /** Highest port in use plus one, by instance. */
  private readonly used: Record<Side, number[]>;
  /** Ports at which something is connected that is wrong for a reason of its own. */
  private readonly excused = new Set<string>();
  /** Sides of elements that arrows lead to, but to ports that there are not. */
  private readonly missed = new Set<string>();

  constructor(
    private readonly bound: readonly BoundInstance[],
    private readonly configOf: ConfigOf,
    private readonly misread: boolean,
    private readonly diagnostics: Diagnostics,
  ) {
    this.byExpanded = new Map(bound.map((instance) => [instance.expanded, instance]));
    this.used = { inputs: bound.map(() => 0), outputs: bound.map(() => 0) };
  }

  bind(connections: readonly ExpandedConnection[]): BoundPorts[] {
    const edges: BoundEdge[] = [];
    for (const { from, to } of connections) {
      const [start, end] = [this.end(from, 'outputs'), this.end(to, 'inputs')];
      if (start !== undefined && end !== undefined) edges.push({ from: start, to: end, fromSpan: from.span, toSpan: to.span });
      else for (const [at, side] of [[start, 'outputs'], [end, 'inputs']] as const) if (at !== undefined) this.excused.add(`${side} ${at.instance.index} ${at.port}`);
    }
    const ports = this.bound.map((instance) => this.portsOf(instance));
    for (const edge of distinct(edges)) {
      ports[edge.from.instance.index]!.outputs[edge.from.port]?.edges.push(edge);
      ports[edge.to.instance.index]!.inputs[edge.to.port]?.edges.push(edge);
    }
    if (!this.misread) this.bound.forEach((instance) => {
      for (const side of ['inputs', 'outputs'] as const) this.checkConnected(instance, side, ports[instance.index]!);
    });
    return ports;
  }

  /** The number of the port that an end names; undefined if there is none, or the element is unknown. */
  private end({ instance: expanded, port, span }: ExpandedEnd, side: Side): BoundEnd | undefined {
    const instance = this.byExpanded.get(expanded);
    if (instance === undefined) return undefined;
    const number = this.number(instance, side, port?.value ?? 0, port?.span ?? span);
    if (number === undefined) {
      // It was meant for another port of the element, which is not unconnected for a reason of its own.
      this.missed.add(`${side} ${instance.index}`);
      return undefined;
    }
    this.used[side][instance.index] = Math.max(this.used[side][instance.index]!, number + 1);
    return { instance, port: number };
  }

  private number(instance: BoundInstance, side: Side, port: string | number, span: Span): number | undefined {
    const type = instance.element.class;
    const ports = type[side];
    const word = WORD[side];
    if (typeof port === 'string') {
      const index = ports.named?.findIndex(({ name }) => name === port) ?? -1;
      if (index >= 0) return index;
      const names = ports.named?.map(({ name }) => name) ?? [];
      const hint = suggestion(port, names) ?? (ports.row !== undefined ? `Its ${word}s have numbers, from 0.` : this.list(names, word));
      reportAt(this.diagnostics, 'WL1260', instance.expanded, span, `${type.name} has no ${word} "${port}"`, hint, { text: 'syntax error: port number should be integer', span });
      return undefined;
    }
    const most = ports.named?.length ?? Math.min(PORTS_MAX, ports.row?.max ?? 0);
    if (port < most) return port;
    const names = ports.named?.map(({ name }, index) => `${index} (${name})`);
    const hint = names === undefined ? `It has at most ${most} ${word}s, numbered from 0.` : this.list(names, word);
    reportAt(this.diagnostics, 'WL1261', instance.expanded, span, `${type.name} has no ${word} ${port}`, hint, ofElement(instance, `# has no ${word} ${port}`));
    return undefined;
  }

  private list(names: readonly string[], word: string): string {
    return names.length === 0 ? `It has no ${word}s.` : `It has ${names.join(', ')}.`;
  }

  private portsOf(instance: BoundInstance): { inputs: BoundPort[]; outputs: BoundPort[] } {
    const { inputs, outputs } = instance.element.class;
    const inputCount = this.count(instance, 'inputs', inputs, 0);
    const same = outputs.row?.same === true;
    const both = Math.max(inputCount, this.used.outputs[instance.index]!);
    return {
      inputs: listed(inputs, same ? both : inputCount),
      outputs: listed(outputs, same ? both : this.count(instance, 'outputs', outputs, inputCount)),
    };
  }

  private count(instance: BoundInstance, side: Side, { row, named }: PortSide, inputs: number): number {
    if (named !== undefined) return named.length;
    const used = this.used[side][instance.index]!;
    if (row === undefined) return used;
    if (row.same) return Math.max(inputs, used);
    const { expanded, element } = instance;
    const word = WORD[side];
    if (row.count !== undefined) {
      const config = this.configOf(instance);
      if (config === undefined) return used;
      const wanted = row.count(config);
      const says = `${nameOf(instance)} has ${wanted} ${word}${wanted === 1 ? '' : 's'} by its arguments`;
      const click = row.perArgument === true ? whileConfiguring(instance, `need ${used} arguments, one per ${word} port`) : row.open !== undefined ? whileConfiguring(instance, row.open(config, used)) : ofElement(instance, `# has no ${word} ${used - 1}`);
      if ((row.perArgument === true || row.open !== undefined) && used < wanted && !this.misread) {
        const lacking = Array.from({ length: wanted - used }, (_, index) => used + index);
        const hint = side === 'inputs' ? `Lead arrows to the others: ... -> [${used}]${expanded.localName}` : `Lead the others on, or throw their packets away: ${expanded.localName}[${used}] -> Discard`;
        reportAt(this.diagnostics, 'WL1266', expanded, expanded.span, `${says}, but ${lacking.length === 1 ? `${word} ${used} is` : `${word}s ${lacking.join(', ')} are`} not connected`, `${row.doc} ${hint}`, click);
        return used;
      }
      if (used <= wanted) return wanted;
      if (row.open !== undefined) return used;
      reportAt(this.diagnostics, 'WL1266', expanded, expanded.span, `${says}, ${word} ${used - 1} is used`, row.doc, click);
      return used;
    }
    if (used >= row.min || this.misread) return used;
    reportAt(this.diagnostics, 'WL1266', expanded, expanded.span, `${element.class.name} needs at least ${row.min} ${word}${row.min === 1 ? '' : 's'}, ${used} ${used === 1 ? 'is' : 'are'} connected`, row.doc, ofElement(instance, `# ${word} ${used} unused`));
    return used;
  }

  private checkConnected(instance: BoundInstance, side: Side, ports: BoundPorts): void {
    const { expanded, element } = instance;
    const word = WORD[side];
    const code = side === 'inputs' ? 'WL1262' : 'WL1263';
    ports[side].forEach(({ edges, optional, name }, index) => {
      if (edges.length > 0 || optional || this.missed.has(`${side} ${instance.index}`) || this.excused.has(`${side} ${instance.index} ${index}`)) return;
      const shown = ports[side].length === 1 ? `the ${word}` : `${word} ${index}${name === String(index) ? '' : ` (${name})`}`;
      const doc = element.class[side].named?.[index]?.doc ?? element.class[side].row?.doc;
      const port = name === String(index) ? `[${index}]` : `.${name}`;
      const hint = side === 'inputs'
        ? `Lead an arrow to it: ... -> ${name === String(index) || index === 0 ? (index === 0 ? '' : `[${index}]`) : `[${index}]`}${expanded.localName}`
        : `Lead it on, or throw its packets away: ${expanded.localName}${index === 0 ? '' : port} -> Discard`;
      reportAt(this.diagnostics, code, expanded, expanded.span, `${shown} of ${nameOf(instance)} (${element.class.name}) is not connected${doc ? `: ${doc.replace(/\.$/, '')}` : ''}`, hint, ofElement(instance, `# ${word} ${index} unused`));
    });
  }
}

function listed({ named, row }: PortSide, count: number): BoundPort[] {
  if (named !== undefined) return named.map(({ name, processing, optional }) => ({ name, processing, optional, edges: [] }));
  return Array.from({ length: count }, (_, index) => ({ name: String(index), processing: row!.processing, optional: row!.optional, edges: [] }));
}

/** A connection that stands there twice is one, as in Click. */
function distinct(edges: readonly BoundEdge[]): BoundEdge[] {
  const endOf = ({ instance, port }: BoundEnd) => `${instance.index}.${port}`;
  return [...new Map([...edges].reverse().map((edge) => [`${endOf(edge.from)} ${endOf(edge.to)}`, edge])).values()].reverse();
}
