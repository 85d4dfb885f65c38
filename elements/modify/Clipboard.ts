/**
 * Copies LENGTH bytes from OFFSET on out of packets of the first input, and writes them over those of the packets of the
 * second input that follow. Packets that are too short pass as they are.
 */
import { array, defineElement, example, flag, integer } from 'wirelet';

const bytes = (...values: number[]) => ({ bytes: Uint8Array.from(values) });

export default defineElement({
  name: 'Clipboard',
  config: { offset: integer({ max: 9215, doc: 'Where the bytes begin.' }), length: integer({ min: 1, max: 9216, doc: 'How many.' }) },
  ports: {
    inputs: { copy: 'Packets to copy from.', paste: 'Packets to write to.' },
    outputs: { copied: 'The packets of the first input.', pasted: 'The packets of the second input, changed.' },
  },
  portsAlike: 'paired',
  state: ({ config }) => ({ bytes: array('u8', config.length), filled: flag() }),
  process(packet, { config, state, outputs, port }) {
    const { offset, length } = config;
    if (packet.length >= offset + length) {
      for (let index = 0; index < length; index += 1) {
        if (port === 0) state.bytes[index] = packet.loadU8(offset + index);
        else if (state.filled) packet.storeU8(offset + index, state.bytes[index]!);
      }
      if (port === 0) state.filled = true;
    }
    return port === 0 ? outputs.copied : outputs.pasted;
  },
  pull({ config, state, inputs, port }) {
    const { offset, length } = config;
    const packet = inputs[port].pull();
    if (packet === null) return null;
    if (packet.length >= offset + length) {
      for (let index = 0; index < length; index += 1) {
        if (port === 0) state.bytes[index] = packet.loadU8(offset + index);
        else if (state.filled) packet.storeU8(offset + index, state.bytes[index]!);
      }
      if (port === 0) state.filled = true;
    }
    return packet;
  },
  examples: [
    example('copies bytes from packet to packet', [bytes(1, 2, 3), { ...bytes(7, 8, 9), input: 1 }], { copied: bytes(1, 2, 3), pasted: bytes(7, 2, 3) }, { config: '1, 2' }),
    example('writes nothing before there is something', { ...bytes(7, 8, 9), input: 1 }, { pasted: bytes(7, 8, 9) }, { config: '1, 2' }),
    example('leaves short packets alone', [bytes(1, 2, 3), { ...bytes(7, 8), input: 1 }], { copied: bytes(1, 2, 3), pasted: bytes(7, 8) }, { config: '1, 2' }),
  ],
});
