// expect WL2008 11:12 still held when the method ends
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'LeakedOnOnePath',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs, packets, emit }) {
    const copy = packets.ofLength(60);
    if (copy !== null && packet.length > 60) emit(outputs.out, copy);
    return outputs.out;
  },
});
