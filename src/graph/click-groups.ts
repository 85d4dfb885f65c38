/** The ports of an element group, `( ... )` (click(5), "Element groups"). */
import type { Diagnostics, Span } from '../diagnostics.js';
import type { Side } from './click-connections.js';
import type { PortList } from './click-syntax.js';
import type { Connection, End } from './graph.js';

export class GroupPorts {
  /** Names that no element can have, for the connections within. */
  readonly input: string;
  readonly output: string;
  private misread = false;

  constructor(
    key: string,
    /** As Click calls it. */
    private readonly name: string,
    private readonly span: Span,
  ) {
    this.input = `${key}/input`;
    this.output = `${key}/output`;
  }

  /** The group as one element of an arrow. Where no ports are given it has all it uses inside, in order. */
  side(inner: readonly Connection[], explicit: Pick<Side, 'inputs' | 'outputs'>, diagnostics: Diagnostics): Side {
    const inputs = this.ports(inner.map(({ from }) => from), this.input, explicit.inputs, 'input', diagnostics);
    const outputs = this.ports(inner.map(({ to }) => to), this.output, explicit.outputs, 'output', diagnostics);
    const element = { value: this.input, span: this.span };
    const outputElement = { value: this.output, span: this.span };
    return { element, outputElement, inputs, outputs };
  }

  private ports(
    ends: readonly End[],
    pseudo: string,
    explicit: PortList | undefined,
    what: 'input' | 'output',
    diagnostics: Diagnostics,
  ): PortList | undefined {
    const used = new Set<number>();
    for (const { element, port } of ends) {
      if (element.value !== pseudo) continue;
      if (port === undefined || typeof port.value === 'number') used.add(port === undefined ? 0 : (port.value as number));
      else this.misread = true;
      if (typeof port?.value === 'string') diagnostics.error('WL1053', port.span, 'the ports of a group have numbers, not names', undefined, undefined, { text: 'syntax error: port number should be integer' });
    }
    const count = used.size === 0 ? 0 : Math.max(...used) + 1;
    for (let number = 0; number < count; number += 1) {
      if (!used.has(number)) {
        diagnostics.error('WL1053', this.span, `this group uses its ${what} ${count - 1}, but not ${what} ${number}`, 'Number the ports of a group from 0 without a gap.', undefined, { text: `'<anonymous group>' ${what} ${number} missing` });
      }
    }
    return explicit ?? (count === 0 ? undefined : all(count, this.span));
  }

  /** Every port that arrows outside use must be used inside, and the other way round; `connections` are those of the body around. */
  check(connections: readonly Connection[], diagnostics: Diagnostics): void {
    if (this.misread) return;
    this.checkSide('input', connections.map(({ to }) => to), connections.map(({ from }) => from), diagnostics);
    this.checkSide('output', connections.map(({ from }) => from), connections.map(({ to }) => to), diagnostics);
  }

  private checkSide(what: 'input' | 'output', outer: readonly End[], inner: readonly End[], diagnostics: Diagnostics): void {
    const [outside, inside] = [outer, inner].map((ends) => portsNamed(this[what], ends));
    for (const [number, { span }] of outside!) {
      if (!inside!.has(number)) diagnostics.error('WL1205', span, `this group has no ${what} ${number}`, `Inside it, use \`${what}[${number}]\`.`, undefined, { text: `'${this.name}' has no ${what} ${number}`, span: this.span });
    }
    for (const number of inside!.keys()) {
      if (!outside!.has(number)) diagnostics.error('WL1205', this.span, `${what} ${number} of this group is not connected`, undefined, undefined, { text: `'${this.name}' ${what} ${number} unused` });
    }
  }
}

/** The numbered ports of `name` among `ends`, each with where it is named first. */
function portsNamed(name: string, ends: readonly End[]): Map<number, { readonly span: Span }> {
  const found = new Map<number, { readonly span: Span }>();
  for (const { element, port } of ends) {
    if (element.value !== name || typeof port?.value === 'string') continue;
    const number = port?.value ?? 0;
    if (!found.has(number)) found.set(number, port ?? element);
  }
  return found;
}

function all(count: number, span: Span): PortList {
  return { ports: Array.from({ length: count }, (_, value) => ({ value, span })), open: false, span };
}
