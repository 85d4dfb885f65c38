// expect WL2001 13:7 default falls through
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'DefaultFallsThrough',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    let bytes = 1;
    switch (packet.loadU8(0)) {
      case 1:
        break;
      default:
      case 2:
        bytes = 2;
        break;
    }
    packet.strip(bytes);
    return outputs.out;
  },
});
