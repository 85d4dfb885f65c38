/**
 * Writes a number into packets that rises by one from packet to packet, from 0 on: eight bytes at OFFSET, the lowest first, or
 * the highest first with NET_ORDER. A packet that does not reach so far grows, and so does the length in its IPv4 header.
 */
import { bool, byteSwapped, defineElement, example, integer, ipv4, register, u32 } from 'wirelet';

const empty = new Uint8Array(9);

export default defineElement({
  name: 'NumberPacket',
  config: {
    offset: integer({ default: 40, max: 9208, doc: 'Where the number goes.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets with their numbers.' } },
  state: { high: register('u32'), low: register('u32') },
  process(packet, { config, state, outputs }) {
    const { offset } = config;
    if (packet.length < offset + 8) {
      packet.append(Math.max(0, offset + 8 - packet.length));
      if (packet.hasNetworkHeader && packet.networkHeaderOffset >= 0 && packet.networkLength >= ipv4.size) ipv4.at(packet).total_length = offset + 8;
    }
    if (config.net_order) {
      packet.storeU32(offset + 4, state.low);
      packet.storeU32(offset, state.high);
    } else {
      packet.storeU32(offset + 4, byteSwapped(state.high));
      packet.storeU32(offset, byteSwapped(state.low));
    }
    state.low = u32(state.low + 1);
    if (state.low === 0) state.high = u32(state.high + 1);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Packets that were numbered.', read: ({ state }) => String(BigInt(state.high) * 2n ** 32n + BigInt(state.low)) },
  },
  examples: [
    example('numbers packets', [empty, empty], { out: [empty, Uint8Array.from([0, 1, 0, 0, 0, 0, 0, 0, 0])] }, { config: '1' }),
    example('writes the highest byte first', [empty, empty], { out: [empty, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1])] }, { config: '1, NET_ORDER true' }),
    example('makes short packets longer', new Uint8Array(2), { out: new Uint8Array(9) }, { config: '1' }),
  ],
});
