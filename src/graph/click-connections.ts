/**
 * Many-to-one and many-to-many connections (click(5), "Connection shorthand"). With `->` one side is a
 * single port, connected to all of the other; with `=>` ports are connected one by one, and a side that
 * names none is counted from 0.
 */
import type { Diagnostics } from '../diagnostics.js';
import type { Arrow, PortList } from './click-syntax.js';
import type { Connection, End, Located } from './graph.js';

/** An element of a step with its ports. */
export interface Side {
  readonly element: Located<string>;
  /** Of a group, whose outputs have a name of their own. */
  readonly outputElement?: Located<string>;
  readonly inputs?: PortList;
  readonly outputs?: PortList;
}

/** One side of an arrow: its ends in order, and whether it may have more of them. */
interface Ends {
  readonly list: readonly End[];
  /** The end after which further ports of the same element may follow. */
  readonly openAfter?: number;
}

export function connectSteps(
  before: readonly Side[],
  after: readonly Side[],
  arrow: Arrow,
  diagnostics: Diagnostics,
): Connection[] {
  let from = endsOf(before, 'outputs');
  let to = endsOf(after, 'inputs');
  if (arrow.kind === '=>') {
    from = openIfUnnamed(before, 'outputs', from, to.list.length);
    to = openIfUnnamed(after, 'inputs', to, from.list.length);
  }
  if (from.openAfter !== undefined && to.openAfter !== undefined) {
    diagnostics.error('WL1044', arrow.span, 'both sides of this arrow leave their number of ports open', 'List the ports of one side: [0,1,2]', undefined, { text: 'at most one expandable port allowed per connection' });
    return [];
  }
  const outputs = fill(from, to.list.length);
  const inputs = fill(to, from.list.length);
  if (outputs.length === 1) return inputs.map((end) => ({ from: outputs[0]!, to: end }));
  if (inputs.length === 1) return outputs.map((end) => ({ from: end, to: inputs[0]! }));
  return pairs(outputs, inputs, arrow, diagnostics);
}

function pairs(outputs: readonly End[], inputs: readonly End[], arrow: Arrow, diagnostics: Diagnostics): Connection[] {
  if (arrow.kind === '->') {
    diagnostics.error(
      'WL1044',
      arrow.span,
      `this arrow has ${outputs.length} ports on its left and ${inputs.length} on its right`,
      'Connect them one by one with "=>".',
      undefined,
      { text: "syntax error: many-to-many connections require '=>'" },
    );
    return [];
  }
  if (outputs.length !== inputs.length) {
    diagnostics.error(
      'WL1044',
      arrow.span,
      `${outputs.length} outputs cannot be connected one by one to ${inputs.length} inputs`,
      'Both sides of "=>" list the same number of ports.',
      undefined,
      { text: `connection mismatch: ${outputs.length} outputs connected to ${inputs.length} inputs` },
    );
    return [];
  }
  return outputs.map((from, index) => ({ from, to: inputs[index]! }));
}

function endsOf(sides: readonly Side[], which: 'inputs' | 'outputs'): Ends {
  const list: End[] = [];
  let openAfter: number | undefined;
  for (const side of sides) {
    const ports = side[which];
    const element = (which === 'outputs' ? side.outputElement : undefined) ?? side.element;
    if (ports === undefined) list.push({ element });
    for (const port of ports?.ports ?? []) list.push({ element, port });
    if (ports === undefined) continue;
    if (ports.open) openAfter = list.length - 1;
  }
  return { list, openAfter };
}

/** A side of `=>` that is one element without a port counts its ports from 0. */
function openIfUnnamed(sides: readonly Side[], which: 'inputs' | 'outputs', ends: Ends, others: number): Ends {
  const single = sides.length === 1 && sides[0]![which] === undefined;
  if (!single || others < 2) return ends;
  const { element, outputElement } = sides[0]!;
  const end = (which === 'outputs' ? outputElement : undefined) ?? element;
  return { list: [{ element: end, port: { value: 0, span: end.span } }], openAfter: 0 };
}

/** The ends with as many further ports as make `count` of them. */
function fill({ list, openAfter }: Ends, count: number): readonly End[] {
  if (openAfter === undefined || list.length >= count) return list;
  const { element, port } = list[openAfter]!;
  const first = typeof port?.value === 'number' ? port.value : 0;
  const span = port?.span ?? element.span;
  const more = Array.from({ length: count - list.length }, (_, index) => ({
    element,
    port: { value: first + 1 + index, span },
  }));
  return [...list.slice(0, openAfter + 1), ...more, ...list.slice(openAfter + 1)];
}
