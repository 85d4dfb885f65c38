/** Passes packets on, see SpinlockAcquire. */
import { defineElement, example, text } from 'wirelet';

const packet = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'SpinlockRelease',
  config: { lock: text({ doc: 'The name of the lock.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', packet, { out: packet }, { config: 'lock' })],
});
