// expect WL2008 10:12 still held when the method ends
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'LeakedPacket',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs, packets }) {
    const copy = packets.ofLength(60);
    return outputs.out;
  },
});
