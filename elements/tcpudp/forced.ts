/** What the elements have in common that make whatever they get a packet of a protocol, such as random bytes for tests. */
import { checksum, ipv4, pseudoHeaderSum, type Log, type Packet, type u16 } from 'wirelet';

/**
 * Bytes of the IPv4 packet as its header says, if that is right and has `least` bytes behind it; else 0. `all`: and if the packet has them.
 */
export function saidLength(packet: Packet, least: number, all: boolean): u16 {
  if (!packet.hasNetworkHeader || packet.networkLength < ipv4.size || packet.networkHeaderOffset < 0) return 0;
  const header = ipv4.at(packet);
  const length = header.header_length * 4;
  const total = header.total_length;
  if (length < ipv4.size || length > packet.networkLength || total < length + least) return 0;
  return all && total > packet.networkLength ? 0 : total;
}

/**
 * The checksum of a TCP or UDP segment whose own is 0, over the `total` bytes of the packet as far as they are there, options of the IP header
 * among them: as Click counts.
 */
export function forcedChecksum(packet: Packet, start: u16, total: u16, segment: u16): u16 {
  const header = ipv4.at(packet);
  const there = Math.max(0, Math.min(total, packet.networkLength) - ipv4.size);
  const outer = pseudoHeaderSum(header.source, header.destination, header.protocol, segment);
  return checksum.finish(checksum.add(outer, checksum.sum(packet, start + ipv4.size, there)));
}

/** Says that lengths are wrong, where there is somebody to read it. */
export function tellBadLengths(log: Log, chatter: string): void {
  if (chatter.length === 0) return;
  log.text(chatter);
  log.end();
}
