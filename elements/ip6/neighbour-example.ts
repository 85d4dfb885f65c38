/** Messages of neighbour discovery for the examples of elements. */
import { ethernet, formatIpv6, ipv6, parseIpv6, sumOfBytes, checksum, type PacketTemplate } from 'wirelet';

const wordsOf = (text: string) => parseIpv6(text)!;
const bytesOf = (text: string) => wordsOf(text).flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
const macBytes = (mac: number) => [40, 32, 24, 16, 8, 0].map((shift) => Math.floor(mac / 2 ** shift) % 256);

/** An IPv6 packet around an ICMPv6 message whose checksum is filled in. */
export function icmp6(source: string, destination: string, message: readonly number[], values: { hop_limit?: number } = {}): PacketTemplate {
  const bytes = Uint8Array.from(message);
  const pseudo = Uint8Array.from([...bytesOf(source), ...bytesOf(destination), 0, 0, bytes.length >>> 8, bytes.length & 255, 0, 0, 0, 58]);
  const sum = checksum.finish(checksum.add(sumOfBytes(pseudo), sumOfBytes(bytes)));
  bytes[2] = sum >>> 8;
  bytes[3] = sum & 255;
  return ipv6.make({ source, destination, next_header: 58, hop_limit: 255, ...values }, bytes);
}

/** A solicitation from `source` for `target`. */
export function solicitation(source: string, mac: number, target: string, change: { hop_limit?: number } = {}): PacketTemplate {
  const last = wordsOf(target)[3] & 0xff_ffff;
  const group = formatIpv6([0xff02_0000, 0, 1, (0xff00_0000 | last) >>> 0]);
  const message = [135, 0, 0, 0, 0, 0, 0, 0, ...bytesOf(target), 1, 1, ...macBytes(mac)];
  return ethernet.make({ destination: 0x3333_ff00_0000 + last, source: mac, type: 0x86dd }, icmp6(source, group, message, change));
}

/** The answer to it. */
export function advertisement(target: string, mac: number, to: string, toMac: number, flags = 0x60): PacketTemplate {
  const message = [136, 0, 0, 0, flags, 0, 0, 0, ...bytesOf(target), 2, 1, ...macBytes(mac)];
  return ethernet.make({ destination: toMac, source: mac, type: 0x86dd }, icmp6(target, to, message));
}
