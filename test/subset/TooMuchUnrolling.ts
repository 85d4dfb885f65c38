// expect WL2016
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'TooMuchUnrolling',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  build: () => ({ many: Array.from({ length: 300_000 }, (_, i) => i) }),
  process(packet, { built, outputs, counters }) {
    for (const item of built.many) packet.storeU8(0, item % 256);
    return outputs.out;
  },
});
