/** Refuses the configuration it is part of; it takes any arguments and any ports. */
import { defineElement, many, parsed, rest } from 'wirelet';

export default defineElement({
  name: 'Error',
  config: { arguments: rest(parsed('text', { doc: 'Anything.' }, (value) => ({ value }), (value: string) => value)) },
  ports: { inputs: many('Anything.', { optional: true }), outputs: many('Nothing.', { optional: true }) },
  build({ fail }) {
    return fail('unspecified error');
  },
  control: { reason: 'refuses every configuration' },
});
