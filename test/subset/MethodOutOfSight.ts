// expect WL2017 9:30 the compiler does not find `process` of this element
import { defineElement, type Packet } from 'wirelet';

const shared = [
  { process: (packet: Packet, { outputs }: any) => outputs.out },
];

// Node would run it; the compiled element would do nothing with a packet.
export default defineElement({
  name: 'MethodOutOfSight',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  ...shared[0]!,
});
