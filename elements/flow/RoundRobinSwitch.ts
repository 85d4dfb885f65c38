/** Sends packets to its outputs in turn. */
import { below, defineElement, ethernet, example, many, push, register } from 'wirelet';

const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'RoundRobinSwitch',
  ports: { inputs: { in: push('Packets to share out.') }, outputs: push(many('Every so manyth packet.', { min: 1 })) },
  state: ({ outputs }) => ({ next: register(below(outputs.length)) }),
  process(_packet, { state, outputs }) {
    const port = state.next;
    const following = port + 1;
    state.next = following < outputs.length ? following : 0;
    return outputs[port];
  },
  examples: [
    example('goes round its outputs', [a, b, c], { 0: [a, c], 1: b }, { outputs: 2 }),
    example('passes on when there is one output', [a, b], { 0: [a, b] }, { outputs: 1 }),
  ],
});
