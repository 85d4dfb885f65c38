/** A packet as a line of a summary describes it, and the packet that is made of it. */
import { Packet } from 'wirelet';

const [TCP, UDP, ICMP] = [6, 17, 1];
/** Bytes of the header of an ICMP message (RFC 792). */
const ICMP_BYTES: Readonly<Record<number, number>> = { 13: 20, 14: 20 };
const PACKET_BYTES_MAX = 9216;

export class Draft {
  seconds = 0;
  nanoseconds = 0;
  first: [number, number] | undefined;
  count: number | undefined;
  paint: number | undefined;
  aggregate: number | undefined;
  wireLength: number | undefined;
  etherSource: number | undefined;
  etherDestination: number | undefined;
  etherType: number | undefined;
  source = 0;
  destination = 0;
  tos = 0;
  ttl = 0;
  fragment: number | undefined;
  identification = 0;
  ipChecksum: number | undefined;
  protocol: number | undefined;
  headerLength = 20;
  length: number | undefined;
  ipOptions: Uint8Array = new Uint8Array();
  hasTransport = false;
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgement = 0;
  tcpHeaderLength = 20;
  tcpFlags = 0;
  window = 0;
  urgent = 0;
  tcpOptions: Uint8Array = new Uint8Array();
  udpLength: number | undefined;
  transportChecksum: number | undefined;
  icmpType = 0;
  icmpCode = 0;
  icmpIdentifier = 0;
  icmpSequence = 0;
  payload: Uint8Array | undefined;
  payloadLength: number | undefined;

  /** The packet; its data begin with the Ethernet header, if the line has one, or else with the IP header. */
  packet(defaultProtocol: number, withChecksums: boolean): Packet {
    const protocol = this.protocol ?? defaultProtocol;
    const link = this.etherSource ?? this.etherDestination ?? this.etherType;
    const header = align(Math.max(20 + this.ipOptions.length, Math.min(60, this.headerLength)));
    const isFirst = ((this.fragment ?? 0) & 0x1fff) === 0;
    const transport = this.hasTransport && isFirst ? this.transportHeader(protocol) : new Uint8Array();
    const payload = this.payload ?? new Uint8Array();
    const at = link === undefined ? 0 : 14;
    const bytes = Math.min(PACKET_BYTES_MAX, at + header + transport.length + payload.length);
    const total = this.totalLength(at, header + transport.length, payload.length);
    const data = Buffer.alloc(bytes);
    if (link !== undefined) {
      data.writeUIntBE(this.etherDestination ?? 0, 0, 6);
      data.writeUIntBE(this.etherSource ?? 0, 6, 6);
      data.writeUInt16BE(this.etherType ?? 0x0800, 12);
    }
    data.set(transport.subarray(0, bytes - at - header), at + header);
    data.set(payload.subarray(0, bytes - at - header - transport.length), at + header + transport.length);
    this.writeIp(data.subarray(at), header, protocol, Math.min(total - at, 0xffff));
    if ((protocol === UDP || protocol === 136) && transport.length > 0) data.writeUInt16BE(this.udpLength ?? Math.max(0, Math.min(total - at, 0xffff) - header), at + header + 4);
    if (withChecksums) this.writeChecksums(data.subarray(at), header, protocol, transport.length);
    return this.annotated(Packet.from(data), at, header, total);
  }

  /** Bytes with all that is not kept, from the start of the data. */
  private totalLength(at: number, headers: number, payload: number): number {
    if (this.length !== undefined) return at + this.length;
    if (this.payloadLength !== undefined) return at + headers + this.payloadLength;
    return this.wireLength ?? at + headers + payload;
  }

  private writeIp(data: Buffer, header: number, protocol: number, length: number): void {
    data[0] = 0x40 | (header / 4);
    data[1] = this.tos;
    data.writeUInt16BE(length, 2);
    data.writeUInt16BE(this.identification, 4);
    data.writeUInt16BE(this.fragment ?? 0, 6);
    data[8] = this.ttl;
    data[9] = protocol;
    data.writeUInt16BE(this.ipChecksum ?? 0, 10);
    data.writeUInt32BE(this.source, 12);
    data.writeUInt32BE(this.destination, 16);
    data.set(this.ipOptions, 20);
  }

  private transportHeader(protocol: number): Uint8Array {
    if (protocol === TCP) {
      const size = align(Math.max(20 + this.tcpOptions.length, Math.min(60, this.tcpHeaderLength)));
      const data = Buffer.alloc(size);
      data.writeUInt16BE(this.sourcePort, 0);
      data.writeUInt16BE(this.destinationPort, 2);
      data.writeUInt32BE(this.sequence, 4);
      data.writeUInt32BE(this.acknowledgement, 8);
      data.writeUInt16BE(((size / 4) << 12) | this.tcpFlags, 12);
      data.writeUInt16BE(this.window, 14);
      data.writeUInt16BE(this.transportChecksum ?? 0, 16);
      data.writeUInt16BE(this.urgent, 18);
      data.set(this.tcpOptions, 20);
      return data;
    }
    if (protocol === ICMP) {
      const data = Buffer.alloc(ICMP_BYTES[this.icmpType] ?? 8);
      data[0] = this.icmpType;
      data[1] = this.icmpCode;
      data.writeUInt16BE(this.transportChecksum ?? 0, 2);
      data.writeUInt16BE(this.icmpIdentifier, 4);
      data.writeUInt16BE(this.icmpSequence, 6);
      return data;
    }
    const data = Buffer.alloc(8);
    data.writeUInt16BE(this.sourcePort, 0);
    data.writeUInt16BE(this.destinationPort, 2);
    if (protocol === UDP) data.writeUInt16BE(this.transportChecksum ?? 0, 6);
    return protocol === UDP || protocol === 33 || protocol === 136 ? data : new Uint8Array();
  }

  private writeChecksums(data: Buffer, header: number, protocol: number, transport: number): void {
    if (this.ipChecksum === undefined) data.writeUInt16BE(internetChecksum(data.subarray(0, header), 0), 10);
    const place = { [TCP!]: 16, [UDP!]: 6, [ICMP!]: 2 }[protocol];
    if (place === undefined || transport === 0 || this.transportChecksum !== undefined) return;
    const segment = data.subarray(header);
    const pseudo = protocol === ICMP ? 0 : words(data.subarray(12, 20)) + protocol + segment.length;
    segment.writeUInt16BE(internetChecksum(segment, pseudo), place);
  }

  private annotated(packet: Packet, at: number, header: number, total: number): Packet {
    packet.timestampSeconds = this.seconds;
    packet.timestampNanoseconds = this.nanoseconds;
    if (at > 0) packet.markMacHeader(0);
    packet.markNetworkHeader(at);
    packet.markTransportHeader(Math.min(packet.length, at + header));
    packet.destinationAddress = this.destination;
    if (this.paint !== undefined) packet.paint = this.paint;
    if (this.aggregate !== undefined) packet.setAnnotationU32(20, this.aggregate);
    if (this.count !== undefined) packet.setAnnotationU32(24, Math.max(0, this.count - 1));
    packet.setAnnotationU32(28, Math.max(0, total - packet.length) >>> 0);
    if (this.first !== undefined) {
      packet.setAnnotationU32(32, this.first[0]);
      packet.setAnnotationU32(36, this.first[1]);
    }
    return packet;
  }
}

const align = (bytes: number): number => Math.ceil(bytes / 4) * 4;

function words(data: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data[at]! * 256 + (data[at + 1] ?? 0);
  return sum;
}

function internetChecksum(data: Uint8Array, more: number): number {
  let sum = words(data) + more;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return 0xffff - sum;
}
