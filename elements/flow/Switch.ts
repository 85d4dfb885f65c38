/**
 * Sends all packets to one output, which a handler changes. A negative number stands for none: packets are dropped.
 */
import { defineElement, drop, ethernet, example, integer, many, push, register } from 'wirelet';
import { PORT, switchedTo } from './switched-to.js';

const frame = ethernet.make({});

export default defineElement({
  name: 'Switch',
  config: { output: integer({ default: 0, ...PORT, doc: 'The output that packets go to; negative: none.' }) },
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('All packets, when it is the chosen one.', { min: 1 })) },
  drops: { switched_off: 'No output was chosen.' },
  split: 'each',
  state: ({ config }) => ({ chosen: register('i32', config.output) }),
  build({ config, outputs, fail }) {
    if (config.output >= outputs.length) fail(`output ${config.output} is asked for, ${outputs.length} are connected`, undefined, `output must be < ${outputs.length}`);
    return undefined;
  },
  process(_packet, { state, outputs }) {
    const { chosen } = state;
    if (chosen < 0 || chosen >= outputs.length) return drop('switched_off');
    return outputs[chosen];
  },
  handlers: {
    switch: {
      doc: 'The output that packets go to; negative: none.',
      read: ({ state }) => String(state.chosen),
      write: ({ state, outputs }, value) => void (state.chosen = switchedTo(value, outputs.length, 'Switch output must be integer')),
    },
    config: { doc: 'The output that packets go to now.', calm: true, read: ({ state }) => String(state.chosen) },
  },
  examples: [
    example('sends packets to the first output', [frame, frame], { 0: [frame, frame] }, { outputs: 2 }),
    example('sends packets to the output that is asked for', frame, { 1: frame }, { config: '1', outputs: 2 }),
    example('drops packets when it is off', frame, { drop: 'switched_off' }, { config: '-1', outputs: 2 }),
  ],
});
