// expect WL2008 10:5 the packet may be null here
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'NullPacket',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs, packets }) {
    const copy = packets.ofLength(60);
    copy.strip(3);
    return outputs.out;
  },
});
