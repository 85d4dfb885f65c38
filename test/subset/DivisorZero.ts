// expect WL2012 9:15 the divisor may be 0
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'DivisorZero',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    const x = packet.length % packet.loadU8(0);
    return x > 3 ? outputs.out : outputs.out;
  },
});
