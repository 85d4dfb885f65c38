// expect WL2004 9:15 beyond the exact integers
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'BeyondExact',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    const x = packet.loadU48(0) * packet.loadU48(0);
    return x > 3 ? outputs.out : outputs.out;
  },
});
