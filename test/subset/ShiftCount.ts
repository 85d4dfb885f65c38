// expect WL2011 9:15 the shift count may be 0..255
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'ShiftCount',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    const x = 1 << packet.loadU8(0);
    return x > 3 ? outputs.out : outputs.out;
  },
});
