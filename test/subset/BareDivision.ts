// expect WL2005 9:15 a bare / may give a fraction
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'BareDivision',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    const x = packet.length / 2;
    return x > 3 ? outputs.out : outputs.out;
  },
});
