/** IPv6 packets between addresses that stand for IPv4 addresses, for the examples of elements. */
import { checksum, checksummed, ipv4, ipv6, sumOfBytes, type PacketTemplate } from 'wirelet';

/** TCP or UDP with a right checksum from ::ffff:10.0.0.1 to ::ffff:10.0.0.2. */
export function six(protocol: number, segment: PacketTemplate): PacketTemplate {
  const four = checksummed(ipv4.make({ source: 0x0a00_0001, destination: 0x0a00_0002, protocol }, segment)).bytes.slice(20);
  const place = protocol === 6 ? 16 : 6;
  // The sums of the addresses differ by ffff twice, which is nothing in one's complement.
  const packet = ipv6.make({ source: '::ffff:10.0.0.1', destination: '::ffff:10.0.0.2', next_header: protocol, hop_limit: 64 }, four);
  const pseudo = Uint8Array.from([...packet.bytes.subarray(8, 40), 0, 0, four.length >>> 8, four.length & 255, 0, 0, 0, protocol]);
  packet.bytes.fill(0, 40 + place, 42 + place);
  const sum = checksum.finish(checksum.add(sumOfBytes(pseudo), sumOfBytes(packet.bytes.subarray(40))));
  packet.bytes[40 + place] = sum >>> 8;
  packet.bytes[41 + place] = sum & 255;
  return packet;
}
