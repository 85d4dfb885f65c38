/** The bytes of one frame from the values of its fields, lengths and checksums filled in. */

/** Values by the field's name; what is not there has its default. */
export type Layer = Readonly<Record<string, bigint>>;

export interface FrameLayers {
  readonly ethernet: Layer;
  readonly ipv4?: Layer;
  readonly ipv6?: Layer;
  readonly udp?: Layer;
  readonly tcp?: Layer;
  readonly icmp?: Layer;
  readonly payload: Uint8Array;
}

/** Shortest frame without its check sequence (IEEE 802.3, 3.2.8). */
export const FRAME_BYTES_MIN = 60;

const TYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, experimental: 0x88b5 } as const;
/** IANA protocol-numbers; 253 is for experiments (RFC 3692). */
const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, experimental: 253 } as const;

/** Bytes of all headers of a frame. */
export function headerBytes({ ethernet, ipv4, ipv6, udp, tcp, icmp }: Omit<FrameLayers, 'payload'>): number {
  return 14 + (ethernet['vlan'] === undefined ? 0 : 4) + (ipv4 ? 20 : 0) + (ipv6 ? 40 : 0) + (udp || icmp ? 8 : 0) + (tcp ? 20 : 0);
}

/** The frame, at least as long as Ethernet demands. */
export function frameBytes(layers: FrameLayers): Buffer {
  const { ethernet, ipv4, ipv6, payload } = layers;
  const frame = Buffer.alloc(Math.max(FRAME_BYTES_MIN, headerBytes(layers) + payload.length));
  const network = writeEthernet(frame, ethernet, ipv4 ? TYPE.ipv4 : ipv6 ? TYPE.ipv6 : TYPE.experimental);
  const transport = network + (ipv4 ? 20 : ipv6 ? 40 : 0);
  const end = headerBytes(layers) + payload.length;
  frame.set(payload, end - payload.length);
  const protocol = layers.udp ? PROTOCOL.udp : layers.tcp ? PROTOCOL.tcp : !layers.icmp ? PROTOCOL.experimental : ipv6 ? PROTOCOL.icmpv6 : PROTOCOL.icmp;
  if (ipv4) writeIpv4(frame.subarray(network, end), ipv4, protocol);
  if (ipv6) writeIpv6(frame.subarray(network, end), ipv6, protocol);
  const segment = frame.subarray(transport, end);
  const addresses = ipv4 ? frame.subarray(network + 12, network + 20) : frame.subarray(network + 8, network + 40);
  // RFC 768, RFC 9293, RFC 8200 (8.1): addresses, protocol and length are summed up with the segment.
  const pseudo = sumOf(addresses) + small(ipv4 ?? ipv6 ?? {}, 'proto', protocol) + segment.length;
  if (layers.udp) writeUdp(segment, layers.udp, pseudo);
  if (layers.tcp) writeTcp(segment, layers.tcp, pseudo);
  if (layers.icmp) writeIcmp(segment, layers.icmp, ipv6 ? pseudo : 0, ipv6 ? 128 : 8);
  return frame;
}

const small = (layer: Layer, name: string, other = 0) => Number(layer[name] ?? BigInt(other));

/** Returns where the network header begins. */
function writeEthernet(frame: Buffer, layer: Layer, type: number): number {
  frame.writeUIntBE(small(layer, 'dst'), 0, 6);
  frame.writeUIntBE(small(layer, 'src', 0x0200_0000_00aa), 6, 6);
  const tagged = layer['vlan'] !== undefined;
  if (tagged) {
    frame.writeUInt16BE(TYPE.vlan, 12);
    frame.writeUInt16BE((small(layer, 'priority') << 13) | small(layer, 'vlan'), 14);
  }
  frame.writeUInt16BE(small(layer, 'type', type), tagged ? 16 : 12);
  return tagged ? 18 : 14;
}

function writeIpv4(packet: Buffer, layer: Layer, protocol: number): void {
  packet[0] = 0x45;
  packet[1] = (small(layer, 'dscp') << 2) | small(layer, 'ecn');
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(small(layer, 'id'), 4);
  packet.writeUInt16BE(small(layer, 'df') << 14, 6);
  packet[8] = small(layer, 'ttl', 64);
  packet[9] = small(layer, 'proto', protocol);
  packet.writeUInt32BE(small(layer, 'src', 0x0a00_0001), 12);
  packet.writeUInt32BE(small(layer, 'dst', 0x0a00_0101), 16);
  packet.writeUInt16BE(checksumOf(sumOf(packet.subarray(0, 20))), 10);
}

function writeIpv6(packet: Buffer, layer: Layer, protocol: number): void {
  packet.writeUInt32BE(0x6000_0000 + (small(layer, 'dscp') << 22) + (small(layer, 'ecn') << 20) + small(layer, 'flow_label'), 0);
  packet.writeUInt16BE(packet.length - 40, 4);
  packet[6] = small(layer, 'proto', protocol);
  packet[7] = small(layer, 'ttl', 64);
  // RFC 3849: addresses for documentation.
  writeAddress(packet, 8, layer['src'] ?? (0x2001_0db8n << 96n) + 1n);
  writeAddress(packet, 24, layer['dst'] ?? (0x2001_0db8n << 96n) + (1n << 64n) + 1n);
}

function writeAddress(packet: Buffer, at: number, address: bigint): void {
  packet.writeBigUInt64BE(address >> 64n, at);
  packet.writeBigUInt64BE(address & 0xffff_ffff_ffff_ffffn, at + 8);
}

function writeUdp(datagram: Buffer, layer: Layer, pseudo: number): void {
  datagram.writeUInt16BE(small(layer, 'sport', 1024), 0);
  datagram.writeUInt16BE(small(layer, 'dport', 9), 2);
  datagram.writeUInt16BE(datagram.length, 4);
  // A sum of zero would say that there is none.
  datagram.writeUInt16BE(checksumOf(pseudo + sumOf(datagram)) || 0xffff, 6);
}

function writeTcp(segment: Buffer, layer: Layer, pseudo: number): void {
  segment.writeUInt16BE(small(layer, 'sport', 1024), 0);
  segment.writeUInt16BE(small(layer, 'dport', 9), 2);
  segment.writeUInt32BE(small(layer, 'seq'), 4);
  segment.writeUInt32BE(small(layer, 'ack'), 8);
  segment[12] = 5 << 4;
  segment[13] = small(layer, 'flags', 0x10);
  segment.writeUInt16BE(small(layer, 'window', 65_535), 14);
  segment.writeUInt16BE(checksumOf(pseudo + sumOf(segment)), 16);
}

function writeIcmp(message: Buffer, layer: Layer, pseudo: number, echo: number): void {
  message[0] = small(layer, 'type', echo);
  message[1] = small(layer, 'code');
  message.writeUInt16BE(small(layer, 'id'), 4);
  message.writeUInt16BE(small(layer, 'seq'), 6);
  message.writeUInt16BE(checksumOf(pseudo + sumOf(message)), 2);
}

/** RFC 1071; frames are too short for the sum to lose precision. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  return sum;
}

function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return 0xffff - folded;
}
