/**
 * Gives a copy of each packet to its second output: it stands before each ToDevice that has outputs, the first of which takes what was sent. The third would take what
 * could not be sent, and takes nothing: an interface that has no room drops it.
 */
import { defineElement, ethernet, example, optional, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'SentFrames',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.', sent: optional(push('Copies of them.')), failed: optional(push('Nothing.')) } },
  split: 'each',
  process(packet, { outputs, emitCopy }) {
    if (outputs.length > 1) emitCopy(outputs[1]!, packet);
    return outputs.out;
  },
  examples: [
    example('gives packets and copies', frame, { out: frame, sent: frame }, { outputs: 2 }),
    example('works where it is pulled', frame, { out: frame, sent: frame }, { outputs: 2, before: 'Queue', after: 'Unqueue' }),
  ],
});
