// expect WL2001 11:7 belongs to the function around this one
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'InnerAssigns',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    let total = 0;
    function add(): number {
      total += 1;
      return 1;
    }
    packet.storeU8(0, total + add());
    return outputs.out;
  },
});
