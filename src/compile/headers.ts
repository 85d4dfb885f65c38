/** Header views: `ipv4.at(packet)` and the fields of what it gives. */
import type ts from 'typescript';
import type { Field, HeaderLayout } from '../kit/header.js';
import { suggestion } from '../suggest.js';
import type { Mark, Pointer } from './ir.js';
import type { Lowering } from './lowering.js';
import { range } from './range.js';
import { number, type Value, type ViewValue } from './value.js';

/** Whether a constant is a header layout. */
export function isLayout(value: unknown): value is HeaderLayout {
  if (typeof value !== 'object' || value === null) return false;
  const layout = value as Partial<HeaderLayout>;
  return typeof layout.at === 'function' && typeof layout.atOffset === 'function' && typeof layout.fields === 'object';
}

/** `layout.at(packet)` or `layout.atOffset(packet, offset)`. */
export function headerCall(lowering: Lowering, layout: HeaderLayout, name: string, values: readonly Value[], at: ts.CallExpression): ViewValue {
  const packet = lowering.packet(values[0] ?? { kind: 'void' }, at);
  const view = lowering.newView();
  let pointer: Pointer = { packet, part: 'data' };
  let offset = number(0);
  if (name === 'atOffset') {
    offset = lowering.integer(values[1] ?? { kind: 'void' }, at);
    if (offset.range.low < 0) {
      lowering.refuse('WL2007', at, `the offset may be negative (${offset.range.low}..${offset.range.high})`, 'Check it first: if (offset >= 0) ...');
    }
  } else if (layout.anchor !== undefined) {
    requireMark(lowering, { packet, part: layout.anchor }, at);
    pointer = { packet, part: layout.anchor };
  }
  lowering.add({ op: 'view', view, pointer, offset }, at);
  return { kind: 'view', layout, packet, view };
}

const NO_MARK = { mac: 'no_mac_header', network: 'no_network_header', transport: 'no_transport_header' } as const;

/** Traps when the header was not marked. */
export function requireMark(lowering: Lowering, pointer: { packet: ViewValue['packet']; part: Mark }, at: ts.Node): void {
  const marked = { op: 'marked', packet: pointer.packet, mark: pointer.part } as const;
  lowering.trapIf({ op: 'not', a: marked }, NO_MARK[pointer.part], at);
}

/** The field of that name. */
export function headerMember(lowering: Lowering, view: ViewValue, name: string, at: ts.Node): Field {
  const found = view.layout.fields[name];
  if (found !== undefined) return found;
  return lowering.refuse(
    'WL2002',
    at,
    `the ${view.layout.name} header has no field "${name}"`,
    suggestion(name, Object.keys(view.layout.fields)),
  );
}

export function loadField(lowering: Lowering, view: ViewValue, field: Field, name: string, at: ts.Node): Value {
  lowering.owned(view.packet, at);
  const pointer: Pointer = { view: view.view };
  lowering.inside(pointer, view.packet, number(field.offset), field.size, at);
  const { local, value } = lowering.result(name, range(0, 2 ** field.width - 1));
  const { size, shift, width } = field;
  lowering.add({ op: 'load', local, pointer, offset: number(field.offset), size, shift, width }, at);
  return value;
}

export function storeField(lowering: Lowering, view: ViewValue, field: Field, name: string, value: Value, at: ts.Node): void {
  lowering.owned(view.packet, at);
  const expression = lowering.integer(value, at);
  lowering.fits(expression, range(0, 2 ** field.width - 1), name, at);
  const pointer: Pointer = { view: view.view };
  lowering.inside(pointer, view.packet, number(field.offset), field.size, at);
  const { size, shift, width } = field;
  lowering.add({ op: 'store', pointer, offset: number(field.offset), size, shift, width, value: expression }, at);
}
