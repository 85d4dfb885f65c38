/**
 * Puts a GRE header in front of packets (RFC 2784, RFC 2890), for an IPEncap(gre, ...) behind it. PROTOCOL is the EtherType of the
 * packets: 0x0800 for IPv4, 0x6558 for Ethernet frames.
 */
import { bool, checksum, defineElement, ETHERTYPE, example, gre, integer, register, u32 } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'GREEncap',
  config: {
    protocol: integer({ max: 0xffff, default: ETHERTYPE.ipv4, doc: 'The EtherType of the packets.' }),
    key: integer({ required: false, keyword: true, doc: 'A key that tells tunnels between two hosts apart.' }),
    sequence: bool({ default: false, keyword: true, doc: 'Number the packets.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Compute a checksum over header and packet.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with a GRE header.' } },
  state: { next: register('u32') },
  build: ({ config }) => ({ size: gre.size + (config.checksum ? 4 : 0) + (config.key === undefined ? 0 : 4) + (config.sequence ? 4 : 0) }),
  process(packet, { config, built, state, outputs }) {
    packet.prepend(built.size);
    const header = gre.at(packet);
    header.protocol = config.protocol;
    let at = gre.size;
    if (config.checksum) {
      header.has_checksum = 1;
      at += 4;
    }
    if (config.key !== undefined) {
      header.has_key = 1;
      packet.storeU32(at, config.key);
      at += 4;
    }
    if (config.sequence) {
      header.has_sequence = 1;
      packet.storeU32(at, state.next);
      state.next = u32(state.next + 1);
    }
    if (config.checksum) packet.storeU16(gre.size, checksum.finish(checksum.sum(packet, 0, packet.length)));
    return outputs.out;
  },
  examples: [
    example('puts four bytes in front', data, { out: Uint8Array.from([0, 0, 8, 0, 1, 2, 3]) }),
    example('tells what is inside', data, { out: Uint8Array.from([0, 0, 0x65, 0x58, 1, 2, 3]) }, { config: '0x6558' }),
    example('writes key and number', [data, data], { out: [0, 1].map((number) => Uint8Array.from([0x30, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, number, 1, 2, 3])) }, { config: 'KEY 7, SEQUENCE true' }),
    example('computes a checksum', data, { out: Uint8Array.from([0x80, 0, 8, 0, 0x73, 0xfd, 0, 0, 1, 2, 3]) }, { config: 'CHECKSUM true' }),
  ],
});
