/** Sends each packet to an output by chance, all with equal probability. */
import { defineElement, ethernet, example, many, push } from 'wirelet';

const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'RandomSwitch',
  ports: { inputs: { in: push('Packets to share out.') }, outputs: push(many('Packets that fell to it.', { min: 1 })) },
  process: (_packet, { outputs, random }) => outputs[random.below(outputs.length)],
  examples: [
    example('shares packets out', [a, b, c, d], { 0: [a], 1: [b, c, d] }, { outputs: 2 }),
    example('passes on when there is one output', [a, b], { 0: [a, b] }, { outputs: 1 }),
  ],
});
