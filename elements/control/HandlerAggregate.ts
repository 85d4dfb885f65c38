/**
 * Sums what handlers of several elements say: with `a :: HandlerAggregate(ELEMENT x, ELEMENT y)`, `a.add count` is the sum of `x.count` and `y.count`, `a.avg count`
 * their mean, `a.min count` and `a.max count` the least and the greatest.
 */
import { defineElement, HandlerError, rest, text, type ControlHost, type ControlPart } from 'wirelet';

/** Element names are given as `ELEMENT name`, as FastClick has it, or by themselves. */
const nameOf = (argument: string): string => argument.replace(/^ELEMENT\s+/i, '').trim();

function aggregate(host: ControlHost<{ readonly elements: readonly string[] }>): ControlPart {
  const names = host.config.elements.map(nameOf);
  const values = (handler: string): number[] => {
    if (handler.trim() === '') throw new HandlerError('expected the name of a handler');
    return names.map((name) => {
      const value = Number(host.read(`${name}.${handler.trim()}`));
      if (!Number.isFinite(value)) throw new HandlerError(`'${name}.${handler.trim()}' is no number`);
      return value;
    });
  };
  const of = (reduce: (numbers: readonly number[]) => number) => ({ parameter: true, read: (handler: string) => String(reduce(values(handler))) });
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  return {
    handlers: { add: of(sum), avg: of((numbers) => sum(numbers) / numbers.length), min: of((numbers) => Math.min(...numbers)), max: of((numbers) => Math.max(...numbers)) },
    begin() {
      const missing = names.find((name) => !host.elements().includes(name));
      return missing === undefined ? undefined : `no element named '${missing}'`;
    },
  };
}

export default defineElement({
  name: 'HandlerAggregate',
  config: { elements: rest(text({ doc: 'An element: ELEMENT name.' }), { min: 1, max: 1024 }) },
  ports: {},
  control: { reason: 'reads handlers of the driver', start: aggregate },
});
