// expect WL2014 9:15 JSON belongs to the host
import { defineElement } from 'wirelet';

export default defineElement({
  name: 'CallOfHost',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    const x = JSON.parse('3');
    return x > 3 ? outputs.out : outputs.out;
  },
});
