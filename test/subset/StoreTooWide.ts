// expect WL2003 9:5 value 1..256 may not fit 'storeU8' (0..255)
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'StoreTooWide',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    packet.storeU8(0, packet.loadU8(0) + 1);
    return outputs.out;
  },
});
