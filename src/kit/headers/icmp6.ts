/** ICMP for IPv6 (RFC 4443), with the messages of neighbour discovery (RFC 4861). */
import { defineHeader, field, makeHeader, type FieldValues } from '../header.js';
import { writeU16, writeU32 } from '../packet.js';
import { parseIpv6 } from '../address6.js';
import { bytesOf, type PacketTemplate } from '../template.js';
import { checksummed6 } from '../transport-checksum.js';
import { ipv6, IPV6_NEXT_HEADER } from './ipv6.js';

const layout = defineHeader({
  name: 'icmp6',
  size: 8,
  anchor: 'transport',
  fields: {
    type: field.u8(0),
    code: field.u8(1),
    checksum: field.u16(2),
    /** What these four bytes mean depends on the type. */
    rest: field.u32(4),
    identifier: field.u16(4),
    sequence: field.u16(6),
    /** Byte of the packet that a parameter problem is about. */
    pointer: field.u32(4),
    mtu: field.u32(4),
    /** Of neighbour discovery: the address that is looked for, or told. */
    target_0: field.u32(8),
    target_1: field.u32(12),
    target_2: field.u32(16),
    target_3: field.u32(20),
  },
});

type Ipv6Values = NonNullable<Parameters<typeof ipv6.make>[0]>;

/** An IPv6 packet with an ICMP message around `payload`; lengths and checksum are filled in unless given. */
function makeIn(outer: Ipv6Values, values: FieldValues<typeof layout.fields>, payload: PacketTemplate | Uint8Array = new Uint8Array()): PacketTemplate {
  const packet = ipv6.make({ next_header: IPV6_NEXT_HEADER.icmp6, ...outer }, Uint8Array.from([...makeHeader(layout, values), ...bytesOf(payload)]));
  return values.checksum === undefined ? checksummed6(packet) : packet;
}

/** A message of neighbour discovery about `target`, with a link-layer address as its option unless that is undefined (RFC 4861, 4.3 to 4.6). */
function makeNeighbour(outer: Ipv6Values, type: number, flags: number, target: string, mac: number | undefined): PacketTemplate {
  const body = new Uint8Array(mac === undefined ? 16 : 24);
  parseIpv6(target)!.forEach((word, index) => writeU32(body, index * 4, word));
  if (mac !== undefined) {
    body.set([type === ICMP6_TYPE.neighbour_solicitation ? LINK_ADDRESS_OPTION.source : LINK_ADDRESS_OPTION.target, 1], 16);
    writeU16(body, 18, Math.floor(mac / 2 ** 32));
    writeU32(body, 20, mac % 2 ** 32);
  }
  return makeIn({ hop_limit: 255, ...outer }, { type, rest: flags }, body);
}

/** The solicited-node multicast address of an address (RFC 4291, 2.7.1), as text. */
function solicitedNode(target: string): string {
  const low = parseIpv6(target)![3] & 0xff_ffff;
  return `ff02::1:ff${(low >>> 16).toString(16).padStart(2, '0')}:${(low & 0xffff).toString(16)}`;
}

export const icmp6 = Object.freeze({ ...layout, makeIn, makeNeighbour, solicitedNode });

/** Message types (IANA icmpv6-parameters). */
export const ICMP6_TYPE = Object.freeze({
  unreachable: 1,
  packet_too_big: 2,
  time_exceeded: 3,
  parameter_problem: 4,
  echo: 128,
  echo_reply: 129,
  router_solicitation: 133,
  router_advertisement: 134,
  neighbour_solicitation: 135,
  neighbour_advertisement: 136,
  redirect: 137,
});

/** Options of neighbour discovery that tell link-layer addresses (RFC 4861, 4.6.1). */
export const LINK_ADDRESS_OPTION = Object.freeze({ source: 1, target: 2 });
