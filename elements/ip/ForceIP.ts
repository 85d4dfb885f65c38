/**
 * Makes IPv4 packets right whatever they are: sets version, length and checksum, and a header length that cannot be to a quarter of the
 * packet's. Seven of eight packets become no fragments. Packets begin with the header, which is marked then. Good for packets of random bytes.
 */
import { checksum, defineElement, example, ipv4, register, u16, u32 } from 'wirelet';

const data = Uint8Array.from([1, 2, 3, 4]);
const right = ipv4.make({}, data);
const wrong = ipv4.make({ version: 9, total_length: 7, more_fragments: 1, fragment_offset: 5, checksum: 1 }, data);
const fragment = ipv4.make({ more_fragments: 1, fragment_offset: 5 }, data);
const odd = ipv4.make({ header_length: 6, checksum: 0 }, data).bytes;

export default defineElement({
  name: 'ForceIP',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets as IPv4 packets.' } },
  state: { count: register('u32') },
  process(packet, { state, outputs }) {
    const header = ipv4.atOffset(packet, 0);
    header.version = 4;
    header.total_length = u16(packet.length);
    if ((state.count & 7) !== 1) header.fragment = 0;
    state.count = u32(state.count + 1);
    const length = header.header_length * 4;
    if (length < ipv4.size || length > packet.length) header.header_length = (packet.length >>> 2) & 15;
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, 0, header.header_length * 4));
    packet.markNetworkHeader(0);
    packet.markTransportHeader(Math.min(length, packet.length));
    return outputs.out;
  },
  examples: [
    example('mends the header', wrong, { out: right }),
    example('leaves every eighth packet a fragment', [fragment, fragment, fragment], { out: [right, fragment, right] }),
    example('sets a header length that cannot be', ipv4.make({ header_length: 4 }, data), { out: { ...right, bytes: Uint8Array.from([...ipv4.make({ header_length: 6, checksum: checksum.finish(sum(odd)) }, data).bytes]) } }),
    example('marks the header for what follows', right.bytes, { out: right }, { after: 'CheckIPHeader' }),
    example('drops what ends before the checksum', new Uint8Array(11), { drop: 'short_packet' }),
  ],
});

/** The checksum's sum over a packet that is all header. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total = checksum.add(total, (bytes[at]! << 8) | bytes[at + 1]!);
  return total;
}
