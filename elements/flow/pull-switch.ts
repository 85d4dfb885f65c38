/** Switches that pull from one of their inputs, which a handler changes. */
import { defineElement, ethernet, example, integer, many, pull, register } from 'wirelet';
import { PORT, switchedTo } from './switched-to.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** The switch, with the name of a class of Click's. */
export function pullSwitch(name: string) {
  return defineElement({
    name,
    config: { input: integer({ default: 0, ...PORT, doc: 'The input that packets come from; negative, and where nothing is connected: none.' }) },
    ports: { inputs: pull(many('Packets, taken when it is the chosen one.', { min: 1 })), outputs: { out: pull('Packets of the chosen input.') } },
    split: 'each',
    state: ({ config, inputs }) => ({ chosen: register('i32', config.input >= 0 && config.input < inputs.length ? config.input : -1) }),
    pull({ state, inputs }) {
      const { chosen } = state;
      if (chosen < 0 || chosen >= inputs.length) return null;
      return inputs[chosen].pull();
    },
    handlers: {
      switch: {
        doc: 'The input that packets come from; -1: none.',
        read: ({ state }) => String(state.chosen),
        write: ({ state, inputs }, value) => void (state.chosen = Math.max(-1, switchedTo(value, inputs.length, 'syntax error'))),
      },
      config: { doc: 'The input that packets come from now.', calm: true, read: ({ state }) => String(state.chosen) },
    },
    examples: [
      example('takes from the first input', [from(1, 0), from(2, 1)], { out: from(1, 0) }, { inputs: 2 }),
      example('takes from the input that is asked for', [from(1, 0), from(2, 1)], { out: from(2, 1) }, { config: '1', inputs: 2 }),
      example('takes nothing when it is off', [from(1, 0), from(2, 1)], {}, { config: '-1', inputs: 2 }),
    ],
  });
}
