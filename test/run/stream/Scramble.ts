/** Changes two bytes, 12 behind the front, of every tenth packet: what a measurement with `verify` must find. For tests. */
import { defineElement, ethernet, example, register, u32 } from 'wirelet';

export default defineElement({
  name: 'Scramble',
  config: {},
  ports: { inputs: { in: 'Packets of 14 bytes or more.' }, outputs: { out: 'The same, every tenth changed.' } },
  state: { count: register('u32') },
  process(packet, { state, outputs }) {
    state.count = u32(state.count + 1);
    if (state.count === 10) {
      state.count = 0;
      ethernet.at(packet).type = 0x1234;
    }
    return outputs.out;
  },
  examples: [example('lets the first nine pass', new Uint8Array(60), { out: new Uint8Array(60) })],
});
