/** The end of a procedure that comes back to who called it. */
import type { Span } from '../diagnostics.js';
import { isCondition, conditionText, asType, typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { parkText } from './c-park.js';
import type { Surroundings } from './c-surroundings.js';
import type { Statement, Procedure, Expression } from './ir.js';

/** The end of a procedure that comes back. */
export function returnValueText(lines: Lines, { value, kept, at }: Extract<Statement, { op: 'return-value' }>, around: Surroundings): void {
  const { result, traps } = around.procedure!;
  for (const packet of kept) parkText(lines, packet, around);
  const text = value === undefined || result === undefined ? undefined : valueText(value, result, around, at);
  if (!traps) return lines.add(text === undefined ? 'return;' : `return ${text};`, at);
  if (text !== undefined) lines.add(`*result = ${text};`, at);
  lines.add('return false;');
}

export function valueText(value: NonNullable<Extract<Statement, { op: 'return-value' }>['value']>, result: NonNullable<Procedure['result']>, around: Surroundings, _at: Span): string {
  return isCondition(value) ? conditionText(value, around) : asType(value as Expression, typeOf(result.range), around);
}
