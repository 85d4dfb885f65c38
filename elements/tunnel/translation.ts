/**
 * What both protocol translators share (RFC 7915): which messages of ICMP are translated, and checksums whose pseudo-header changes.
 */
import { checksum, IP_PROTOCOL, ipv6, parsed, parseIpv6, formatIpv6, tcp, udp, type Ipv6Address, type Kind, u16, type Packet, type u32 } from 'wirelet';

/** A network of 96 bits in which IPv4 addresses are the last 32 (RFC 6052, 2.2). */
export function translationPrefix(options: { doc: string }): Kind<Ipv6Address> {
  return parsed<Ipv6Address>('IPv6 prefix of 96 bits', { ...options, default: [0, 0, 0xffff, 0], keyword: true }, (text) => {
    const [name, length = '96'] = text.split('/');
    const value = parseIpv6(name!);
    if (value === undefined || length !== '96' || value[3] !== 0) return { error: `expected an IPv6 network of 96 bits such as 64:ff9b::/96, got "${text}"` };
    return { value };
  }, (value) => `${formatIpv6(value)}/96`);
}

/** What the context of a translator is to functions beside it. */
export interface Translating {
  readonly config: { readonly prefix: Ipv6Address };
}

/** Puts into the IPv6 header at `base` the addresses of the network that end in these of IPv4. */
export function storeAddresses6(packet: Packet, { config }: Translating, base: u32, source: u32, destination: u32): void {
  const header = ipv6.atOffset(packet, base);
  header.source_0 = config.prefix[0];
  header.source_1 = config.prefix[1];
  header.source_2 = config.prefix[2];
  header.source_3 = source;
  header.destination_0 = config.prefix[0];
  header.destination_1 = config.prefix[1];
  header.destination_2 = config.prefix[2];
  header.destination_3 = destination;
}

/** The sum of an IPv4 header's addresses, which begin `base` + 12 bytes behind the start of the data. */
export function addressSum4(packet: Packet, base: u32): u16 {
  return checksum.sum(packet, base + 12, 8);
}

/** The sum of an IPv6 header's addresses. */
export function addressSum6(packet: Packet, base: u32): u16 {
  return checksum.sum(packet, base + 8, 32);
}

/**
 * Updates the checksum of the TCP segment or UDP datagram at `at` after the sum of the addresses changed (RFC 1624, equation 3); where a datagram
 * has none, as it may over IPv4, computes it over IPv6 (RFC 7915, 4.5). False: it is too short to have one.
 */
export function transportTranslated(packet: Packet, at: u32, protocol: number, before: u16, after: u16): boolean {
  if (protocol === IP_PROTOCOL.tcp) {
    if (at + tcp.size > packet.length) return false;
    const segment = tcp.atOffset(packet, at);
    segment.checksum = checksum.update(segment.checksum, before, after);
    return true;
  }
  if (at + udp.size > packet.length) return false;
  const datagram = udp.atOffset(packet, at);
  const length = Math.max(0, packet.length - at);
  const sum = datagram.checksum === 0 ? checksum.finish(checksum.add(checksum.add(after, checksum.add(IP_PROTOCOL.udp, u16(length))), checksum.sum(packet, at, length))) : checksum.update(datagram.checksum, before, after);
  datagram.checksum = sum === 0 ? 0xffff : sum;
  return true;
}

