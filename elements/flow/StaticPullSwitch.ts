/**
 * Takes packets from one input. A negative number, and one for which nothing is connected, stand for none.
 */
import { defineElement, ethernet, example, integer, many, pull } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

export default defineElement({
  name: 'StaticPullSwitch',
  config: { input: integer({ min: -0x8000_0000, max: 0x7fff_ffff, doc: 'The input that packets come from; negative: none.' }) },
  ports: { inputs: pull(many('Packets, taken when it is the chosen one.')), outputs: { out: pull('Packets of the chosen input.') } },
  pull({ config, inputs }) {
    if (config.input < 0 || config.input >= inputs.length) return null;
    return inputs[config.input].pull();
  },
  examples: [
    example('takes from its input', [from(1, 0), from(2, 1)], { out: from(2, 1) }, { config: '1', inputs: 2 }),
    example('takes nothing when there is no such input', [from(1, 0), from(2, 1)], {}, { config: '2', inputs: 2 }),
    example('takes nothing when it is off', [from(1, 0), from(2, 1)], {}, { config: '-1', inputs: 2 }),
  ],
});
