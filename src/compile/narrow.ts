/** What a comparison that holds says about the variables in it. */
import type { Flow } from './flow.js';
import type { Expression } from './ir.js';
import { refineRange, type Comparison, type Range } from './range.js';
import type { IntegerValue, Value, Variable } from './value.js';

/** The variables in `value` when something in `added` is added to it. */
export function summandsOf(value: Value, added: Range): NonNullable<IntegerValue['summands']> {
  if (value.kind !== 'integer') return [];
  if (value.variable !== undefined) return [{ variable: value.variable, rest: added }];
  return (value.summands ?? []).map(({ variable, rest }) => ({ variable, rest: { low: rest.low + added.low, high: rest.high + added.high } }));
}

/** Narrows the variables behind `value`, if there are any, to what `value operator other` allows. */
export function narrow(flow: Flow, value: Value, operator: Comparison, other: Expression): void {
  if (value.kind !== 'integer') return;
  if (value.variable !== undefined) narrowVariable(flow, value.variable, operator, other.range);
  for (const { variable, rest } of value.summands ?? []) {
    narrowVariable(flow, variable, operator, { low: other.range.low - rest.high, high: other.range.high - rest.low });
  }
}

function narrowVariable(flow: Flow, variable: Variable, operator: Comparison, other: Range): void {
  flow.narrow(variable, refineRange(operator, flow.rangeOf(variable), other));
}
