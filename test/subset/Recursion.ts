// expect WL2010 3:44 again calls itself
import { defineElement } from 'wirelet';
function again(n: number): number { return again(n); }
export default defineElement({
  name: 'Recursion',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    return again(packet.length) > 3 ? outputs.out : outputs.out;
  },
});
