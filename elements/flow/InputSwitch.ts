/**
 * Passes on the packets of one input, which a handler changes, and drops those of all others. A negative number stands
 * for none.
 */
import { defineElement, drop, ethernet, example, integer, many, push, register } from 'wirelet';
import { PORT, switchedTo } from './switched-to.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

export default defineElement({
  name: 'InputSwitch',
  config: { output: integer({ default: 0, ...PORT, doc: 'The input whose packets pass; negative: none.' }) },
  ports: { inputs: push(many('Packets, which pass when it is the chosen one.', { min: 1 })), outputs: { out: push('Packets of the chosen input.') } },
  drops: { switched_off: 'Another input was chosen.' },
  split: 'each',
  state: ({ config }) => ({ chosen: register('i32', config.output) }),
  build({ config, inputs, fail }) {
    if (config.output >= inputs.length) fail(`input ${config.output} is asked for, ${inputs.length} are connected`, undefined, `input must be < ${inputs.length}`);
    return undefined;
  },
  process: (_packet, { state, outputs, port }) => (state.chosen === port ? outputs.out : drop('switched_off')),
  handlers: {
    switch: {
      doc: 'The input whose packets pass; negative: none.',
      read: ({ state }) => String(state.chosen),
      write: ({ state, inputs }, value) => void (state.chosen = switchedTo(value, inputs.length, 'InputSwitch input must be integer')),
    },
    config: { doc: 'The input whose packets pass now.', calm: true, read: ({ state }) => String(state.chosen) },
  },
  examples: [
    example('passes the first input', [from(1, 0), from(2, 1)], { out: from(1, 0), drop: 'switched_off' }, { inputs: 2 }),
    example('passes the input that is asked for', [from(1, 0), from(2, 1)], { out: from(2, 1), drop: 'switched_off' }, { config: '1', inputs: 2 }),
    example('passes nothing when it is off', from(1, 0), { drop: 'switched_off' }, { config: '-1', inputs: 2 }),
  ],
});
