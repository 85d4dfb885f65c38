// expect WL2008 9:12 kept is returned, but the packet was neither stored nor emitted
import { defineElement, kept } from 'wirelet';

export default defineElement({
  name: 'KeptButNot',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  counters: {},
  process(packet, { outputs }) {
    return kept;
  },
});
