// expect WL2002 9:9 the ethernet header has no field "sorce"
import { defineElement, ethernet } from 'wirelet';

export default defineElement({
  name: 'UnknownField',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    if (ethernet.at(packet).sorce > 1) return outputs.out;
    return outputs.out;
  },
});
