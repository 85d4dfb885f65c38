/** The headers of a packet as people read them, and as programs do. */
import { formatIpv4, formatMac } from '../../kit/address.js';
import { formatIpv6 } from '../../kit/address6.js';
import type { Fields, HeaderLayout } from '../../kit/header.js';
import { arp, ethernet, icmp, ipv4, ipv6, tcp, udp, vlan } from '../../kit/index.js';
import { Packet } from '../../kit/packet.js';

export interface DecodedHeader {
  readonly protocol: string;
  /** Where it begins, in bytes from the start of the data. */
  readonly offset: number;
  readonly fields: Readonly<Record<string, number | string>>;
}

const ETHERTYPES: Readonly<Record<number, Layer>> = { 0x0800: 'ipv4', 0x0806: 'arp', 0x86dd: 'ipv6', 0x8100: 'vlan' };
const PROTOCOLS: Readonly<Record<number, Layer>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

type Layer = 'ethernet' | 'vlan' | 'arp' | 'ipv4' | 'ipv6' | 'icmp' | 'tcp' | 'udp';

const LAYOUTS: Readonly<Record<Layer, HeaderLayout<Fields>>> = { ethernet, vlan, arp, ipv4, ipv6, icmp, tcp, udp } as never;

/** Fields that say in parts what others say as a whole, or say nothing to people. */
const LEFT_OUT = new Set(['dscp', 'ecn', 'dont_fragment', 'more_fragments', 'fragment_offset', 'rest', 'pointer', 'next_hop_mtu', 'gateway', 'hardware_type', 'protocol_type', 'hardware_length', 'protocol_length', 'urgent']);
const ADDRESSES = new Set(['source', 'destination', 'sender_address', 'target_address']);

/** The headers from the start of the data on, as far as they are known and whole. */
export function decodeHeaders(packet: Packet): DecodedHeader[] {
  const headers: DecodedHeader[] = [];
  let layer = firstLayer(packet);
  let offset = 0;
  while (layer !== undefined && offset + LAYOUTS[layer].size <= packet.length) {
    headers.push({ protocol: layer, offset, fields: fieldsOf(packet, layer, offset) });
    [layer, offset] = after(packet, layer, offset);
  }
  return headers;
}

/** What the data begins with: as the packet's marks say; else as its bytes do. */
function firstLayer(packet: Packet): Layer | undefined {
  const { start, macHeader, networkHeader, transportHeader, bytes } = packet;
  if (macHeader === start) return 'ethernet';
  if (networkHeader === start) return ipVersion(packet);
  if (transportHeader === start && networkHeader >= 0) return PROTOCOLS[bytes[networkHeader + 9]!];
  if (macHeader >= 0 && start === macHeader + ethernet.size) return ETHERTYPES[(bytes[macHeader + 12]! << 8) | bytes[macHeader + 13]!];
  return ipVersion(packet) ?? (packet.length >= ethernet.size && ETHERTYPES[packet.loadU16(12)] !== undefined ? 'ethernet' : undefined);
}

function ipVersion(packet: Packet): Layer | undefined {
  if (packet.length === 0) return undefined;
  const first = packet.loadU8(0);
  return first >= 0x45 && first <= 0x4f ? 'ipv4' : first >>> 4 === 6 ? 'ipv6' : undefined;
}

/** The header behind this one, and where it begins. */
function after(packet: Packet, layer: Layer, offset: number): [Layer | undefined, number] {
  const at = offset + LAYOUTS[layer].size;
  switch (layer) {
    case 'ethernet':
      // The tag takes the place of the type, which follows it.
      return packet.loadU16(offset + 12) === 0x8100 ? ['vlan', offset + 12] : [ETHERTYPES[packet.loadU16(offset + 12)], at];
    case 'vlan':
      return at + 2 <= packet.length ? [ETHERTYPES[packet.loadU16(at)], at + 2] : [undefined, at];
    case 'ipv4': {
      const first = (packet.loadU16(offset + 6) & 0x1fff) === 0;
      return [first ? PROTOCOLS[packet.loadU8(offset + 9)] : undefined, offset + (packet.loadU8(offset) & 15) * 4];
    }
    case 'ipv6':
      return [PROTOCOLS[packet.loadU8(offset + 6)], at];
    default:
      return [undefined, at];
  }
}

function fieldsOf(packet: Packet, layer: Layer, offset: number): Record<string, number | string> {
  const view = LAYOUTS[layer].atOffset(packet, offset) as Readonly<Record<string, number>>;
  const fields: Record<string, number | string> = {};
  for (const [name, { size }] of Object.entries(LAYOUTS[layer].fields)) {
    if (LEFT_OUT.has(name) || /_\d$/.test(name)) continue;
    fields[name] = size === 6 ? formatMac(view[name]!) : ADDRESSES.has(name) ? formatIpv4(view[name]!) : view[name]!;
  }
  if (layer === 'ipv6') {
    const words = (side: string) => formatIpv6([view[`${side}_0`]!, view[`${side}_1`]!, view[`${side}_2`]!, view[`${side}_3`]!]);
    return { ...fields, source: words('source'), destination: words('destination') };
  }
  return fields;
}

/** One line for all headers. */
export function describeHeaders(headers: readonly DecodedHeader[], length: number): string {
  return [...headers.map(describe), `${length} bytes`].join(', ');
}

function describe({ protocol, fields }: DecodedHeader): string {
  const { source, destination, source_port: from, destination_port: to } = fields;
  switch (protocol) {
    case 'ethernet':
      return `Ethernet ${source} > ${destination}`;
    case 'vlan':
      return `VLAN ${fields['identifier']}`;
    case 'arp':
      return fields['operation'] === 1
        ? `ARP who has ${fields['target_address']}? tell ${fields['sender_address']}`
        : `ARP ${fields['operation'] === 2 ? '' : `operation ${fields['operation']}, `}${fields['sender_address']} is at ${fields['sender_mac']}`;
    case 'ipv4':
      return `IPv4 ${source} > ${destination} ttl ${fields['ttl']}${from === undefined && !(Number(fields['protocol']) in PROTOCOLS) ? ` protocol ${fields['protocol']}` : ''}`;
    case 'ipv6':
      return `IPv6 ${source} > ${destination} hop limit ${fields['hop_limit']}`;
    case 'tcp':
      return `TCP ${from} > ${to}${flagNames(Number(fields['flags']))}`;
    case 'udp':
      return `UDP ${from} > ${to}`;
    default:
      return `ICMP type ${fields['type']} code ${fields['code']}`;
  }
}

/** RFC 9293, 3.1: from the lowest bit on. */
const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

function flagNames(flags: number): string {
  const names = FLAGS.filter((_, bit) => ((flags >>> bit) & 1) === 1);
  return names.length === 0 ? '' : ` ${names.join(' ')}`;
}
