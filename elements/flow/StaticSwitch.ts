/**
 * Sends all packets to one output. A negative number, and one for which nothing is connected, stand for none: packets
 * are dropped.
 */
import { defineElement, drop, ethernet, example, integer, many, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'StaticSwitch',
  config: { output: integer({ min: -0x8000_0000, max: 0x7fff_ffff, doc: 'The output that packets go to; negative: none.' }) },
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('All packets, when it is the chosen one.')) },
  drops: { switched_off: 'No output was chosen.' },
  process(_packet, { config, outputs }) {
    if (config.output < 0 || config.output >= outputs.length) return drop('switched_off');
    return outputs[config.output];
  },
  examples: [
    example('sends packets to its output', [frame, frame], { 1: [frame, frame] }, { config: '1', outputs: 3 }),
    example('drops packets when there is no such output', frame, { drop: 'switched_off' }, { config: '7', outputs: 2 }),
    example('drops packets when it is off', frame, { drop: 'switched_off' }, { config: '-1', outputs: 2 }),
  ],
});
