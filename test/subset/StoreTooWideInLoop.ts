// expect WL2003 15:9 value 0..65535 may not fit 'state.count' (0..255)
import { defineElement, register } from 'wirelet';

export default defineElement({
  name: 'StoreTooWideInLoop',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  state: { count: register('u8') },
  process(packet, { outputs, state }) {
    let count = 0;
    for (let at = 0; at < 255; at += 1) {
      const size = packet.loadU8(at);
      // The check below comes too late for this.
      if (size === 0) {
        state.count = count;
        break;
      }
      if (count > 300) return outputs.out;
      count += 1;
      at += size;
    }
    return outputs.out;
  },
});
