// expect WL2001 9:5 while statement is not in the packet-path subset
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'WhileLoop',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    while (packet.length > 3) packet.strip(1);
    return outputs.out;
  },
});
