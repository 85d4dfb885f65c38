// expect WL2008 9:5 still held at the end of a round
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'LeakedInRound',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs, packets, emit }) {
    for (let place = 0; place < 60; place += 1) {
      const copy = packets.ofLength(60);
      if (copy === null) break;
      if (packet.loadU8(place) === 0) continue;
      emit(outputs.out, copy);
    }
    return outputs.out;
  },
});
