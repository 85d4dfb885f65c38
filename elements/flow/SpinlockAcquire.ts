/** Passes packets on: what is between this and SpinlockRelease works on one packet at a time anyway, as there is one thread. */
import { defineElement, example, text } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'SpinlockAcquire',
  config: { lock: text({ doc: 'The name of the lock.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', packet, { out: packet }, { config: 'lock' })],
});
