/** As CPUSwitch, which in FastClick numbers threads in another way: sends packets to the output of the thread that they come from. There is one thread: to the first output. */
import { defineElement, example, many, push } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'ExactCPUSwitch',
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('Packets of thread N.', { min: 1 })) },
  process: (_packet, { outputs }) => outputs[0]!,
  examples: [example('sends packets to the first output', packet, { 0: packet }, { outputs: 2 })],
});
