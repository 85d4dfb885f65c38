// expect WL2015 13:23 expected an integer, got nothing
import { defineElement, u8 } from 'wirelet';
function length(kind: number): any {
  if (kind > 100) return;
  return 7;
}

export default defineElement({
  name: 'SomeReturnNothing',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    packet.storeU8(0, u8(length(packet.loadU8(1))));
    return outputs.out;
  },
});
