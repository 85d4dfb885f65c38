// expect WL2015 9:9 expected a boolean
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'NumberAsBoolean',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    if (packet.length) return outputs.out;
    return outputs.out;
  },
});
