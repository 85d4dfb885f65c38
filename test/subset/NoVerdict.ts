// expect WL2009 8:3 this path returns no verdict
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'NoVerdict',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    if (packet.length > 60) return outputs.out;
  },
});
