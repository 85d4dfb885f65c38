// expect WL2006 10:5 this loop has no provable bound
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'UnboundedFor',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    let j = 0;
    for (let i = 0; i < 10; j += 1) packet.strip(i);
    return outputs.out;
  },
});
