/** The ports of an element group, `( ... )` (click(5), "Element groups"). */
import type { Diagnostics, Span } from '../diagnostics.js';
import type { Side } from './click-connections.js';
import type { PortList } from './click-syntax.js';
import type { Connection, End } from './graph.js';

export class GroupPorts {
  /** Names that no element can have, for the connections within. */
  readonly input: string;
  readonly output: string;

  constructor(
    name: string,
    private readonly span: Span,
  ) {
    this.input = `${name}/input`;
    this.output = `${name}/output`;
  }

  /**
   * The group as one element of an arrow. Where no ports are given it has all it uses inside, in order;
   * every port it uses must be connected.
   */
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
      else diagnostics.error('WL1053', port.span, 'the ports of a group have numbers, not names');
    }
    const count = used.size === 0 ? 0 : Math.max(...used) + 1;
    for (let number = 0; number < count; number += 1) {
      if (!used.has(number)) {
        diagnostics.error('WL1053', this.span, `this group uses its ${what} ${count - 1}, but not ${what} ${number}`, 'Number the ports of a group from 0 without a gap.', undefined, { text: `'<anonymous group>' ${what} ${number} missing` });
      }
    }
    if (explicit === undefined) return count === 0 ? undefined : all(count, this.span);
    this.checkExplicit(explicit, count, what, diagnostics);
    return explicit;
  }

  private checkExplicit(explicit: PortList, count: number, what: string, diagnostics: Diagnostics): void {
    const given = new Set(explicit.ports.map(({ value }) => value));
    if (explicit.open) return;
    for (let number = 0; number < count; number += 1) {
      if (!given.has(number)) diagnostics.error('WL1053', explicit.span, `${what} ${number} of this group is not connected`);
    }
    for (const { value, span } of explicit.ports) {
      if (typeof value !== 'number' || value >= count) {
        diagnostics.error('WL1053', span, `this group has no ${what} ${value}`, `Inside it, use \`${what}[${value}]\`.`);
      }
    }
  }
}

function all(count: number, span: Span): PortList {
  return { ports: Array.from({ length: count }, (_, value) => ({ value, span })), open: false, span };
}
