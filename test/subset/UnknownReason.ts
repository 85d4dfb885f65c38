// expect WL2013 9:12 the reason "to_short" is not among
import { defineElement, drop } from 'wirelet';

export default defineElement({
  name: 'UnknownReason',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  drops: { too_short: 'Short.' },
  process(packet, { outputs }) {
    return drop('to_short');
  },
});
