// expect WL2008 10:12 the packet is gone
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'UsedTwice',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs, emit }) {
    emit(outputs.out, packet);
    return outputs.out;
  },
});
