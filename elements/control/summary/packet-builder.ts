/** A packet that is made from the fields of a line: they are put in one by one, and headers appear when a field needs them. */
import { Packet } from 'wirelet';
import { payloadStart, u16, u32 } from './summarized.js';

const [TCP, UDP, ICMP, DCCP, UDP_LITE] = [6, 17, 1, 33, 136];
/** The port fields are where UDP has them in each of these. */
const HAS_PORTS = new Set([TCP, UDP, DCCP, UDP_LITE]);
const HEADER_BYTES: Readonly<Record<number, number>> = { [TCP!]: 20, [UDP!]: 8, [UDP_LITE!]: 8, [DCCP!]: 12, [ICMP!]: 8 };
const PACKET_BYTES_MAX = 9216;
/** Hops of packets whose line does not say it. */
const DEFAULT_TTL = 100;
const HEADER_BYTES_MAX = 60;

export interface FlowId {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export class PacketBuilder {
  private bytes = new Uint8Array(256);
  private end = 0;
  /** Offsets of headers; -1: not there. */
  mac = -1;
  ip = -1;
  transport = -1;
  /** False once the line said that it is no IP packet. */
  isIp = true;
  hasIpHeaderLength = false;
  hasTcpHeaderLength = false;
  hasIcmpType = false;
  hasIcmpCode = false;
  /** Bytes from the start of the data that the packet is said to have; 0: nothing was said. */
  wanted = 0;
  seconds = 0;
  nanoseconds = 0;
  first: { readonly seconds: number; readonly nanoseconds: number } | undefined;
  paint = 0;
  aggregate = 0;
  extraPackets = 0;

  constructor(
    private readonly protocol: number,
    private readonly flow: FlowId | undefined,
    /** Of the dump's version: fragment offsets of version 1.0 count eight bytes. */
    readonly minorVersion: number,
  ) {}

  get data(): Uint8Array {
    return this.bytes.subarray(0, this.end);
  }
  get length(): number {
    return this.end;
  }
  get ipProtocol(): number {
    return this.bytes[this.ip + 9]!;
  }
  get transportLength(): number {
    return this.end - this.transport;
  }
  private get isFirst(): boolean {
    return (u16(this.bytes, this.ip + 6) & 0x1fff) === 0;
  }

  /** Adds zeros at the end; beyond the most a packet holds, none. */
  put(count: number): void {
    const end = Math.min(PACKET_BYTES_MAX, this.end + count);
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.end = Math.max(this.end, end);
  }

  store8(at: number, value: number): void {
    this.bytes[at] = value;
  }
  store16(at: number, value: number): void {
    this.store8(at, value >>> 8);
    this.store8(at + 1, value);
  }
  store32(at: number, value: number): void {
    this.store16(at, value >>> 16);
    this.store16(at + 2, value);
  }
  store(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes.subarray(0, Math.max(0, this.end - at)), at);
  }

  makeEthernet(): void {
    if (this.mac >= 0) return;
    this.bytes.copyWithin(14, 0, this.end);
    this.bytes.fill(0, 0, 14);
    this.put(14);
    this.mac = 0;
    this.ip = this.transport = 14;
    this.store16(12, 0x0800);
  }

  /** Whether there is an IP header now, of `protocol` unless that is 0 or the packet's is. */
  makeIp(protocol = 0): boolean {
    if (!this.isIp) return false;
    if (this.ip < 0) this.ip = 0;
    if (this.end - this.ip < 20) {
      this.put(20 - (this.end - this.ip));
      this.transport = this.ip + 20;
      this.store8(this.ip, 0x45);
      this.store8(this.ip + 8, DEFAULT_TTL);
      this.store8(this.ip + 9, this.protocol);
      if (this.flow !== undefined) {
        this.store32(this.ip + 12, this.flow.source);
        this.store32(this.ip + 16, this.flow.destination);
      }
    }
    return protocol === 0 || this.ipProtocol === 0 || this.ipProtocol === protocol;
  }

  /** Whether there may be a transport header: its bytes are there then, unless the packet is said to be shorter. */
  makeTransport(): boolean {
    if (!this.isFirst) return false;
    if (this.transportLength >= 8) return true;
    const whole = HEADER_BYTES[this.ipProtocol];
    if (whole === undefined) return true;
    const room = this.wanted > 0 ? Math.max(0, Math.min(whole, this.wanted - this.transport)) : whole;
    if (this.transportLength >= room) return true;
    const before = this.end;
    this.put(Math.max(4, room) - this.transportLength);
    if (this.ipProtocol === TCP && room >= 13) this.store8(this.transport + 12, 0x50);
    if (this.flow !== undefined) {
      this.store16(this.transport, this.flow.sourcePort);
      this.store16(this.transport + 2, this.flow.destinationPort);
    }
    this.end = Math.max(before, Math.min(this.end, this.transport + room));
    return true;
  }

  get hasPorts(): boolean {
    return this.ipProtocol === 0 || HAS_PORTS.has(this.ipProtocol);
  }

  /** At least that many bytes in the transport header. */
  needTransport(bytes: number): void {
    if (this.transportLength < bytes) this.put(bytes - this.transportLength);
  }

  /** IP options, or padding up to a header of so many bytes. */
  ipHeader(bytes: number): void {
    const more = bytes - (this.transport - this.ip);
    if (more <= 0) return;
    this.put(more);
    this.transport = this.ip + bytes;
    this.store8(this.ip, 0x40 | (bytes / 4));
  }

  tcpHeader(bytes: number): void {
    this.needTransport(bytes);
    if (bytes > (this.bytes[this.transport + 12]! >>> 4) * 4) this.store8(this.transport + 12, ((bytes / 4) << 4) | (this.bytes[this.transport + 12]! & 15));
  }

  get payloadStart(): number {
    return this.isIp && this.ip >= 0 ? payloadStart(this.bytes, this.ip, this.transport, this.end) : 0;
  }

  /**
   * Takes note that the payload has so many bytes. A packet that is said to be longer than its headers and its payload has options in
   * them that the line did not tell: padding stands for those.
   */
  accountPayload(bytes: number): void {
    const start = this.payloadStart;
    if (!this.isIp || this.ip < 0 || (u16(this.bytes, this.ip + 2) === 0 && this.wanted === 0)) {
      this.wanted = start + bytes;
      return;
    }
    const total = u16(this.bytes, this.ip + 2) === 0 ? this.wanted : this.ip + u16(this.bytes, this.ip + 2);
    let missing = total - (start + bytes);
    if (missing > 3 && this.isFirst && this.ipProtocol === TCP && !this.hasTcpHeaderLength && this.bytes[this.transport + 12]! >>> 4 === 5) {
      const padding = Math.min(missing & ~3, HEADER_BYTES_MAX - 20);
      this.insert(this.transport + 20, padding);
      this.store8(this.transport + 12, ((20 + padding) / 4) << 4);
      missing -= padding;
    }
    if (missing > 3 && !this.hasIpHeaderLength && (this.bytes[this.ip]! & 15) === 5) {
      const padding = Math.min(missing & ~3, HEADER_BYTES_MAX - 20);
      this.insert(this.ip + 20, padding);
      this.store8(this.ip, 0x40 | ((20 + padding) / 4));
      this.transport = this.ip + 20 + padding;
    }
  }

  private insert(at: number, count: number): void {
    const old = this.end;
    this.put(count);
    this.bytes.copyWithin(at + count, at, old);
    this.bytes.fill(0, at, at + count);
  }

  /** The packet, its lengths and, if asked for, its checksums filled in. */
  finish(withChecksums: boolean): Packet {
    if (this.flow !== undefined) this.makeIp();
    const whole = this.isIp && this.ip >= 0 && this.end - this.ip >= 20;
    if (whole) {
      this.makeTransport();
      this.settleLengths(withChecksums);
    }
    const packet = Packet.from(this.data);
    packet.timestampSeconds = this.seconds;
    packet.timestampNanoseconds = this.nanoseconds;
    if (this.mac >= 0) packet.markMacHeader(this.mac);
    if (this.ip >= 0) packet.markNetworkHeader(Math.min(this.end, this.ip));
    if (this.transport >= 0) packet.markTransportHeader(Math.min(this.end, this.transport));
    if (whole) packet.destinationAddress = u32(this.bytes, this.ip + 16);
    packet.paint = this.paint;
    packet.setAnnotationU32(20, this.aggregate);
    packet.setAnnotationU32(24, this.extraPackets);
    packet.setAnnotationU32(28, Math.max(0, this.wanted - packet.length) >>> 0);
    if (this.first !== undefined) {
      packet.setAnnotationU32(32, this.first.seconds);
      packet.setAnnotationU32(36, this.first.nanoseconds);
    }
    return packet;
  }

  private settleLengths(withChecksums: boolean): void {
    const { ip, transport } = this;
    let total = u16(this.bytes, ip + 2);
    if (total === 0) {
      total = Math.min(0xffff, this.wanted >= ip ? this.wanted - ip : this.wanted);
      if (total === 0) total = Math.min(0xffff, this.end - ip);
      this.store16(ip + 2, total);
    }
    if (this.ipProtocol === UDP && this.isFirst && this.transportLength >= 6 && u16(this.bytes, transport + 4) === 0) this.store16(transport + 4, Math.max(0, total - (transport - ip)));
    if (!withChecksums) return;
    this.put(Math.max(0, total - (this.end - ip)));
    this.store16(ip + 10, 0);
    this.store16(ip + 10, internetChecksum(this.bytes.subarray(ip, transport), 0));
    const place = { [TCP!]: 16, [UDP!]: 6, [ICMP!]: 2 }[this.ipProtocol];
    if (place === undefined || (u16(this.bytes, ip + 6) & 0x3fff) !== 0 || this.transportLength < place + 2) return;
    const segment = this.bytes.subarray(transport, this.end);
    const pseudo = this.ipProtocol === ICMP ? 0 : wordSum(this.bytes.subarray(ip + 12, ip + 20)) + this.ipProtocol + segment.length;
    this.store16(transport + place, 0);
    this.store16(transport + place, internetChecksum(segment, pseudo));
  }
}

export function wordSum(data: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data[at]! * 256 + (data[at + 1] ?? 0);
  return sum;
}

export function internetChecksum(data: Uint8Array, more: number): number {
  let sum = wordSum(data) + more;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return 0xffff - sum;
}
