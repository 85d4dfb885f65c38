// expect WL2008 13:16 the packet is gone
import { defineElement, packetQueue } from 'wirelet';

export default defineElement({
  name: 'UsedTwiceByName',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  state: { waiting: packetQueue(4) },
  process(packet, { state, outputs, emit }) {
    const first = state.waiting.dequeue();
    const found = first !== null;
    if (found) emit(outputs.out, first);
    if (found) emit(outputs.out, first);
    return outputs.out;
  },
});
