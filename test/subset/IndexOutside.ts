// expect WL2007 9:35 index 0..255 may be outside 0..2
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'IndexOutside',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  build: () => ({ table: [1, 2, 3] }),
  process(packet, { built, outputs }) {
    packet.storeU8(0, built.table[packet.loadU8(0)]);
    return outputs.out;
  },
});
