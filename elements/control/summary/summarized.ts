/** A packet as summaries look at it: each header only if it is there and makes sense. */
import type { Packet } from 'wirelet';

export const u16 = (data: Uint8Array, at: number): number => data[at]! * 256 + data[at + 1]!;
export const u32 = (data: Uint8Array, at: number): number => u16(data, at) * 65_536 + u16(data, at + 2);

const [TCP, UDP, ICMP] = [6, 17, 1];
/** Where the annotation lies that counts bytes which were there but are not kept. */
const EXTRA_LENGTH = 28;

export type Transport = 'TCP' | 'UDP' | 'ICMP' | 'TCP/UDP';
const PROTOCOLS: Readonly<Record<Transport, readonly number[]>> = { TCP: [TCP!], UDP: [UDP!], ICMP: [ICMP!], 'TCP/UDP': [TCP!, UDP!] };

export class Summarized {
  readonly data: Uint8Array;
  /** Where the IPv4 header begins; absent: none, or a wrong one. */
  readonly ip: number | undefined;
  /** Where the header of that protocol begins, if it is there. */
  readonly tcp: number | undefined;
  readonly udp: number | undefined;
  readonly icmp: number | undefined;
  /** Bytes behind the IP packet, which the link layer added. */
  readonly padding: number = 0;
  /** What is wrong with the packet, as a line of the dump; the first that was found. */
  bad: string | undefined;

  /**
   * `careful`: packets shorter than their header says, the annotation counted, are bad. `countsExtra`: lengths have the bytes in them that
   * were not kept. The annotation for those is brought up to the IP header's length. `asIp`: somebody asks for more than what is below IP.
   */
  constructor(readonly packet: Packet, careful: boolean, readonly countsExtra: boolean, asIp = true) {
    this.data = packet.data();
    if (!asIp) return;
    const ip = packet.hasNetworkHeader ? packet.networkHeaderOffset : -1;
    const transport = packet.hasTransportHeader ? packet.transportHeaderOffset : -1;
    if (ip < 0 || !this.checkIp(ip)) return;
    this.ip = ip;
    const total = u16(this.data, ip + 2);
    const kept = this.data.length - ip;
    if (kept > total) {
      this.extra += kept - total;
      this.padding = kept - total;
    } else if (careful && kept + this.extra < total) this.complain(`truncated IP missing ${total - kept - this.extra}`);
    if (transport >= 0 && this.isFirst && this.networkLength > this.headerLength) {
      const protocol = this.data[ip + 9];
      if (protocol === TCP) this.tcp = this.checkTcp(transport) ? transport : undefined;
      if (protocol === UDP) this.udp = transport;
      if (protocol === ICMP) this.icmp = transport;
    }
    this.settleExtra(total);
  }

  private checkIp(at: number): boolean {
    const { data } = this;
    if (data.length - at < 4) return this.complain('truncated IP header');
    const [version, words, total] = [data[at]! >>> 4, data[at]! & 15, u16(data, at + 2)];
    if (version !== 4) return this.complain(`IP version ${version}`);
    if (words < 5) return this.complain(`IP header length ${words}`);
    return total >= words * 4 || this.complain(`IP length ${total}`);
  }

  private checkTcp(at: number): boolean {
    const words = this.data[at + 12]! >>> 4;
    return this.data.length - this.padding - at <= 12 || words >= 5 || this.complain(`TCP header length ${words}`);
  }

  /** What the IP header's length says is no longer in the annotation: but for what a length of 16 bits cannot say. */
  private settleExtra(total: number): void {
    if (this.extra === 0) return;
    const full = this.networkLength + this.extra;
    this.extra = total !== 0xffff || full <= 0xffff ? 0 : full - 0xffff;
  }

  private complain(what: string): false {
    this.bad ??= `!bad ${what}`;
    return false;
  }

  get extra(): number {
    return this.packet.annotationU32(EXTRA_LENGTH);
  }
  set extra(value: number) {
    this.packet.setAnnotationU32(EXTRA_LENGTH, value >>> 0);
  }

  /** Bytes that are kept, without padding; likewise from a header on. */
  get length(): number {
    return this.data.length - this.padding;
  }
  get networkLength(): number {
    return this.length - (this.ip ?? this.length);
  }
  get transportOffset(): number {
    return this.packet.hasTransportHeader ? this.packet.transportHeaderOffset : this.length;
  }
  get transportLength(): number {
    return this.length - this.transportOffset;
  }

  /** Bytes of the IP header. */
  get headerLength(): number {
    return (this.data[this.ip!]! & 15) * 4;
  }

  /** Whether this is a whole packet, or the first of its fragments. */
  get isFirst(): boolean {
    return (u16(this.data, this.ip! + 6) & 0x1fff) === 0;
  }

  /** Where the IP header begins if `least` bytes of it are there. */
  ipWith(least: number): number | undefined {
    if (this.ip !== undefined && this.networkLength >= least) return this.ip;
    this.complain(this.ip === undefined ? 'no IP header' : 'truncated IP header capture');
    return undefined;
  }

  /** Where the header begins if `least` bytes of it are there. A packet of another protocol is not a bad one. */
  transportWith(least: number, kind: Transport, at: number | undefined): number | undefined {
    if (at !== undefined && this.transportLength >= least) return at;
    if (this.ip === undefined) this.complain('no IP header');
    else if (this.networkLength > 9 && !PROTOCOLS[kind].includes(this.data[this.ip + 9]!)) return undefined;
    else if (!this.isFirst) this.complain(`fragmented ${kind} header`);
    else this.complain(`truncated ${kind} header${this.transportLength + this.extra >= least ? ' capture' : ''}`);
    return undefined;
  }

  /** The Ethernet header right before the network header, stripped off or not; before the end of a packet without one. */
  ethernet(): Uint8Array | undefined {
    const { packet } = this;
    const network = packet.hasNetworkHeader ? packet.networkHeader : packet.end;
    const mac = packet.hasMacHeader ? packet.macHeader : packet.start <= network ? packet.start : -1;
    if (mac >= 0 && network === mac + 14) return packet.bytes.subarray(mac, network);
    this.complain('Ethernet header');
    return undefined;
  }

  /** Where the payload begins, perhaps beyond what is kept, and how long it is by the IP header. */
  payload(): { start: number; length: number } {
    if (this.ip === undefined) return { start: 0, length: this.length };
    const start = payloadStart(this.data, this.ip, this.transportOffset, this.length);
    return { start, length: Math.max(0, this.ip + u16(this.data, this.ip + 2) - start) };
  }
}

/** Where the payload of an IP packet begins whose transport header is at `transport` and which ends at `end`. */
export function payloadStart(data: Uint8Array, ip: number, transport: number, end: number): number {
  if ((u16(data, ip + 6) & 0x1fff) !== 0) return transport;
  const protocol = data[ip + 9];
  if (protocol === TCP) return transport + Math.max(20, end - transport >= 13 ? (data[transport + 12]! >>> 4) * 4 : 20);
  return protocol === UDP || protocol === 136 ? transport + 8 : transport;
}
