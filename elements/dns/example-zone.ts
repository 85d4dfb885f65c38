/** A small zone, and messages about it, for the examples of elements. */
import { checksummed, checksummed6, ipv4, ipv6, udp, type PacketTemplate } from 'wirelet';

export const EXAMPLE_ZONE = `$TTL 300
@ SOA ns host 1 2 3 4 60
@ NS ns
ns A 192.0.2.53
www CNAME ns
*.any TXT "x"
sub NS ns.sub
ns.sub A 198.51.100.1
`;

/** A name on the wire; its labels have no dots. */
function wire(name: string): number[] {
  return name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
}

const word = (value: number): number[] => [value >>> 8, value & 255];

/** A message with one question: header flags, counts of the other sections, and what follows the question. */
export function message(flags: number, name: string, type: number, counts: readonly [number, number, number] = [0, 0, 0], rest: readonly number[] = []): Uint8Array {
  return Uint8Array.from([...word(7), ...word(flags), ...word(1), ...counts.flatMap(word), ...wire(name), 0, ...word(type), ...word(1), ...rest]);
}

/** A record whose owner is the name at `place` of the message. */
export function record(place: number, type: number, ttl: number, data: readonly number[]): number[] {
  return [...word(0xc000 + place), ...word(type), 0, 1, 0, 0, ...word(ttl), ...word(data.length), ...data];
}

/** The record that says how many bytes a message may have, with the upper bits of a code and a version. */
export function options(size: number, upperCode = 0, version = 0): number[] {
  return [0, ...word(41), ...word(size), upperCode, version, 0, 0, 0, 0];
}

export function request(content: Uint8Array): PacketTemplate {
  return checksummed(ipv4.make({ source: 0xc0000209, destination: 0xc0000235 }, udp.make({ source_port: 4000, destination_port: 53 }, content)));
}

export function response(content: Uint8Array): PacketTemplate {
  const outer = { source: 0xc0000235, destination: 0xc0000209, dont_fragment: 1 };
  return { ...checksummed(ipv4.make(outer, udp.make({ source_port: 53, destination_port: 4000 }, content))), destinationAddress: 0xc0000209 };
}

export function request6(content: Uint8Array): PacketTemplate {
  return checksummed6(ipv6.make({ source: '2001:db8::9', destination: '2001:db8::53' }, udp.make({ source_port: 4000, destination_port: 53 }, content)));
}

export function response6(content: Uint8Array): PacketTemplate {
  return checksummed6(ipv6.make({ source: '2001:db8::53', destination: '2001:db8::9' }, udp.make({ source_port: 53, destination_port: 4000 }, content)));
}
