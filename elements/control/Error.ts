/** Refuses the configuration it is part of; it takes any arguments and any ports. */
import { defineElement, many, parsed, rest } from 'wirelet';

export default defineElement({
  name: 'Error',
  config: { arguments: rest(parsed('text', { doc: 'Anything.' }, (value) => ({ value }), (value: string) => value)) },
  ports: { inputs: many('Anything.', { optional: true }), outputs: many('Nothing.', { optional: true }) },
  build({ fail }) {
    // Click says nothing of its own about it.
    return fail('this element refuses every configuration', undefined, '');
  },
  control: { reason: 'refuses every configuration' },
});
