/**
 * Ends packets without counting them. Click's of that name does not give their memory back, which measures what that costs; here it always comes back.
 */
import { consumed, defineElement, ethernet, example } from 'wirelet';

export default defineElement({
  name: 'DiscardNoFree',
  ports: { inputs: { in: 'Packets to end.' } },
  split: 'each',
  process: () => consumed,
  run({ inputs, emit }) {
    const packet = inputs.in.pull();
    if (packet === null) return false;
    emit(consumed, packet);
    return true;
  },
  examples: [example('ends a packet', ethernet.make({}), {})],
});
