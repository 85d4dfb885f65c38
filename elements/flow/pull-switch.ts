/** Switches that pull from one of their inputs, which a handler changes. */
import { defineElement, ethernet, example, integer, many, pull, register } from 'wirelet';
import { switchedTo } from './switched-to.js';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** The switch, with the name of a class of Click's. */
export function pullSwitch(name: string) {
  return defineElement({
    name,
    config: { input: integer({ default: 0, min: -1, max: 1023, doc: 'The input that packets come from; -1: none.' }) },
    ports: { inputs: pull(many('Packets, taken when it is the chosen one.', { min: 1 })), outputs: { out: pull('Packets of the chosen input.') } },
    split: 'each',
    state: ({ config }) => ({ chosen: register('i32', config.input) }),
    build({ config, inputs, fail }) {
      if (config.input >= inputs.length) fail(`input ${config.input} is asked for, ${inputs.length} are connected`, undefined, `input must be < ${inputs.length}`);
      return undefined;
    },
    pull({ state, inputs }) {
      const { chosen } = state;
      if (chosen < 0 || chosen >= inputs.length) return null;
      return inputs[chosen].pull();
    },
    handlers: {
      switch: {
        doc: 'The input that packets come from; -1: none.',
        read: ({ state }) => String(state.chosen),
        write: ({ state, inputs }, value) => void (state.chosen = switchedTo(value, inputs.length)),
      },
      config: { doc: 'The input that packets come from now.', read: ({ state }) => String(state.chosen) },
    },
    examples: [
      example('takes from the first input', [from(1, 0), from(2, 1)], { out: from(1, 0) }, { inputs: 2 }),
      example('takes from the input that is asked for', [from(1, 0), from(2, 1)], { out: from(2, 1) }, { config: '1', inputs: 2 }),
      example('takes nothing when it is off', [from(1, 0), from(2, 1)], {}, { config: '-1', inputs: 2 }),
    ],
  });
}
