/**
 * Sums what handlers of several elements say: with `a :: HandlerAggregate(ELEMENT x, ELEMENT y)`, `a.add count` is the sum of `x.count` and `y.count`, `a.avg count`
 * their mean, `a.min count` and `a.max count` the least and the greatest; `a.write reset` writes `x.reset` and `y.reset`. What is no number counts as its beginning
 * that is one, or 0.
 */
import { defineElement, HandlerError, rest, text, type ControlHost, type ControlPart } from 'wirelet';
import { numberText } from './script/numbers.js';

function aggregate(host: ControlHost<{ readonly element: readonly string[] }>): ControlPart {
  const names = host.config.element;
  const values = (handler: string): number[] => {
    if (handler.trim() === '') throw new HandlerError('expected the name of a handler');
    return names.map((name) => parseFloat(host.read(`${name}.${handler.trim()}`)) || 0);
  };
  const of = (reduce: (numbers: readonly number[]) => number) => ({ parameter: true, read: (handler: string) => numberText(reduce(values(handler))) });
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  return {
    handlers: {
      add: of(sum),
      avg: of((numbers) => sum(numbers) / numbers.length),
      min: of((numbers) => Math.min(...numbers)),
      max: of((numbers) => Math.max(...numbers)),
      write: {
        write(call: string) {
          if (call.trim() === '') throw new HandlerError('expected the name of a handler');
          for (const name of names) host.write(`${name}.${call.trim()}`);
        },
      },
    },
    begin() {
      const missing = names.find((name) => !host.elements().includes(name));
      return missing === undefined ? undefined : `no element named '${missing}'`;
    },
  };
}

export default defineElement({
  name: 'HandlerAggregate',
  config: { element: rest(text({ doc: 'An element: ELEMENT name.' }), { min: 1, max: 1024 }) },
  ports: {},
  control: { reason: 'reads handlers of the driver', start: aggregate },
});
