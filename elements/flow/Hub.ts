/** Sends a copy of each packet to every output but the one with the number of the input on which it came. */
import { consumed, defineElement, ethernet, example, many, push, sameAsInputs } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'Hub',
  ports: { inputs: push(many('Packets.', { min: 1 })), outputs: push(sameAsInputs('Packets of all other inputs.')) },
  process(packet, { outputs, port, emitCopy }) {
    for (let output = 0; output < outputs.length; output += 1) if (output !== port) emitCopy(outputs[output], packet);
    return consumed;
  },
  examples: [
    example('sends packets to all others', { ...frame, input: 1 }, { 0: frame, 2: frame }, { inputs: 3, outputs: 3 }),
    example('has nobody to send to when there is one port', frame, {}, { inputs: 1, outputs: 1 }),
  ],
});
