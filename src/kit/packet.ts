/**
 * A packet: bytes with an owner. This class is what an element sees when Node runs it, and the reference
 * for the C runtime (native/runtime/wl_packet.h): each method here has its twin there.
 *
 *     bytes   |<- headroom ->|<------- data ------->|<- tailroom ->|
 *             0     low    start                   end         capacity
 *
 * `low` is the lowest offset that ever held data. Bytes below it belong to nobody yet, so a packet that
 * grows into them gets zeros: no run can see what an earlier packet left behind.
 */
import {
  ANNOTATION_BYTES,
  HEADROOM_BYTES,
  JUMBO_DATA_BYTES,
  SMALL_DATA_BYTES,
  VIRTIO_NET_HEADER_BYTES,
} from './limits.js';
import type { i32, u16, u32, u48, u8 } from './integers.js';
import { PacketTrap, type TrapReason } from './trap.js';

/**
 * Where the named annotations lie among a packet's 48 annotation bytes (Click's layout, but for `fix_ip_source`: Click
 * keeps the packet type elsewhere). Some share bytes: a packet has one of them at a time.
 */
export const ANNOTATIONS = {
  destination_address: { offset: 0, size: 4 },
  destination_address6: { offset: 0, size: 16 },
  paint: { offset: 16, size: 1 },
  icmp_parameter: { offset: 17, size: 1 },
  fix_ip_source: { offset: 18, size: 1 },
  packet_type: { offset: 19, size: 1 },
  vlan_tci: { offset: 20, size: 2 },
  aggregate: { offset: 20, size: 4 },
  forward_rate: { offset: 20, size: 4 },
  misc_ip: { offset: 20, size: 4 },
  extra_packets: { offset: 24, size: 4 },
  reverse_rate: { offset: 24, size: 4 },
  extra_length: { offset: 28, size: 4 },
  first_timestamp: { offset: 32, size: 8 },
  packet_number: { offset: 32, size: 4 },
  ipsec_spi: { offset: 32, size: 4 },
  sequence_number: { offset: 36, size: 4 },
  ipsec_association: { offset: 36, size: 4 },
  perfctr: { offset: 40, size: 8 },
} as const;

/**
 * Values of the annotation `packet_type`: to whom the frame was sent on the link (the numbers are Linux's). An interface
 * sets `host` or `group` when it receives a frame; a packet that an element makes has `host`.
 */
export const PACKET_TYPE = { host: 0, group: 1, multicast: 2, other_host: 3, outgoing: 4, loopback: 5, fast_route: 6 } as const;

export type HeaderAnchor = 'mac' | 'network' | 'transport';

export class Packet {
  /** Offset of a header from the start of `bytes`, or -1 when nothing marked it. */
  macHeader = -1;
  networkHeader = -1;
  transportHeader = -1;
  /** When the frame was received, in seconds and nanoseconds since 1970. */
  timestampSeconds: u32 = 0;
  timestampNanoseconds: u32 = 0;
  readonly annotations: Uint8Array = new Uint8Array(ANNOTATION_BYTES);

  private constructor(
    readonly bytes: Uint8Array,
    public low: number,
    public start: number,
    public end: number,
  ) {}

  /** A packet that holds a copy of `frame`, with the headroom of a received frame. */
  static from(frame: Uint8Array): Packet {
    const packet = Packet.ofLength(frame.length);
    packet.bytes.set(frame, packet.start);
    return packet;
  }

  /** A packet of `length` zero bytes. */
  static ofLength(length: number): Packet {
    const room = length <= SMALL_DATA_BYTES ? SMALL_DATA_BYTES : JUMBO_DATA_BYTES;
    if (length > room) throw new RangeError(`a packet holds at most ${room} bytes, not ${length}`);
    return new Packet(
      new Uint8Array(HEADROOM_BYTES + room),
      HEADROOM_BYTES,
      HEADROOM_BYTES,
      HEADROOM_BYTES + length,
    );
  }

  /** Bytes of data. */
  get length(): u16 {
    return this.end - this.start;
  }

  /** Bytes by which the data may grow at the front (`unstrip`, `prepend`). */
  get headroom(): u16 {
    return this.start - VIRTIO_NET_HEADER_BYTES;
  }

  /** Bytes by which the data may grow at the end (`append`). */
  get tailroom(): u16 {
    return this.bytes.length - this.end;
  }

  /** The data as a view, for engines and tests; not part of the packet-path subset. */
  data(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** An independent copy, annotations included; not part of the subset (elements use `emitCopy`). */
  clone(): Packet {
    const copy = new Packet(this.bytes.slice(), this.low, this.start, this.end);
    copy.macHeader = this.macHeader;
    copy.networkHeader = this.networkHeader;
    copy.transportHeader = this.transportHeader;
    copy.timestampSeconds = this.timestampSeconds;
    copy.timestampNanoseconds = this.timestampNanoseconds;
    copy.annotations.set(this.annotations);
    return copy;
  }

  // ---- bytes, big-endian, at an offset from the start of the data ----------------------------------

  loadU8(offset: number): u8 {
    return this.bytes[this.at(offset, 1)]!;
  }
  loadU16(offset: number): u16 {
    const at = this.at(offset, 2);
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }
  loadU32(offset: number): u32 {
    return readU32(this.bytes, this.at(offset, 4));
  }
  loadU48(offset: number): u48 {
    const at = this.at(offset, 6);
    return readU48(this.bytes, at);
  }
  storeU8(offset: number, value: u8): void {
    this.bytes[this.at(offset, 1)] = value;
  }
  storeU16(offset: number, value: u16): void {
    writeU16(this.bytes, this.at(offset, 2), value);
  }
  storeU32(offset: number, value: u32): void {
    writeU32(this.bytes, this.at(offset, 4), value);
  }
  storeU48(offset: number, value: u48): void {
    writeU48(this.bytes, this.at(offset, 6), value);
  }

  /** Offset into `bytes` of `size` data bytes at `offset`; traps when they are not all there. */
  private at(offset: number, size: number): number {
    const at = this.start + offset;
    if (at + size > this.end) throw new PacketTrap('short_packet');
    return at;
  }

  // ---- length --------------------------------------------------------------------------------------

  /** Takes `count` bytes off the front. Traps when the packet is shorter. */
  strip(count: number): void {
    if (count > this.length) throw new PacketTrap('short_packet');
    this.start += count;
  }

  /** Puts `count` bytes back at the front: those stripped before, zeros beyond them. */
  unstrip(count: number): void {
    const start = this.start - count;
    if (start < VIRTIO_NET_HEADER_BYTES) throw new PacketTrap('no_headroom');
    if (start < this.low) {
      this.bytes.fill(0, start, Math.min(this.low, this.start));
      this.low = start;
    }
    this.start = start;
  }

  /** Adds `count` zero bytes at the front, for a header that the element writes next. */
  prepend(count: number): void {
    const start = this.start - count;
    if (start < VIRTIO_NET_HEADER_BYTES) throw new PacketTrap('no_headroom');
    this.bytes.fill(0, start, this.start);
    this.low = Math.min(this.low, start);
    this.start = start;
  }

  /** Shortens the data to `length` bytes; does nothing when it is no longer than that. */
  truncate(length: number): void {
    if (length < this.length) this.end = this.start + length;
  }

  /** Adds `count` zero bytes at the end. */
  append(count: number): void {
    if (this.end + count > this.bytes.length) throw new PacketTrap('no_tailroom');
    this.bytes.fill(0, this.end, this.end + count);
    this.end += count;
  }

  // ---- headers -------------------------------------------------------------------------------------

  /** Marks the MAC header at `offset` from the start of the data, 0..length; traps beyond it. */
  markMacHeader(offset: number): void {
    this.macHeader = this.inData(offset);
  }
  /** Marks the network header at `offset` from the start of the data. */
  markNetworkHeader(offset: number): void {
    this.networkHeader = this.inData(offset);
  }
  /** Marks the transport header at `offset` from the start of the data. */
  markTransportHeader(offset: number): void {
    this.transportHeader = this.inData(offset);
  }
  /** Offset into `bytes` of a place in the data or at its end. */
  private inData(offset: number): number {
    if (offset > this.length) throw new PacketTrap('short_packet');
    return this.start + offset;
  }
  get hasMacHeader(): boolean {
    return this.macHeader >= 0;
  }
  get hasNetworkHeader(): boolean {
    return this.networkHeader >= 0;
  }
  get hasTransportHeader(): boolean {
    return this.transportHeader >= 0;
  }
  /** Bytes from the start of the data to the header; negative when it was stripped. Traps if unmarked. */
  get macHeaderOffset(): i32 {
    return this.anchor('mac') - this.start;
  }
  get networkHeaderOffset(): i32 {
    return this.anchor('network') - this.start;
  }
  get transportHeaderOffset(): i32 {
    return this.anchor('transport') - this.start;
  }
  /** Bytes from the header to the end of the data; negative when the end was cut off before it. */
  get networkLength(): i32 {
    return this.end - this.anchor('network');
  }
  get transportLength(): i32 {
    return this.end - this.anchor('transport');
  }

  /** Offset into `bytes` of a header; traps when nothing marked it. Not part of the subset. */
  anchor(which: HeaderAnchor): number {
    const [at, reason] = this.marked(which);
    if (at < 0) throw new PacketTrap(reason);
    return at;
  }

  private marked(which: HeaderAnchor): [number, TrapReason] {
    switch (which) {
      case 'mac':
        return [this.macHeader, 'no_mac_header'];
      case 'network':
        return [this.networkHeader, 'no_network_header'];
      case 'transport':
        return [this.transportHeader, 'no_transport_header'];
    }
  }

  // ---- annotations ---------------------------------------------------------------------------------

  /** The annotation byte at `offset`, 0..47. */
  annotationU8(offset: number): u8 {
    return this.annotations[offset]!;
  }
  setAnnotationU8(offset: number, value: u8): void {
    this.annotations[offset] = value;
  }
  /** Four annotation bytes at `offset`, 0..44. */
  annotationU32(offset: number): u32 {
    return readU32(this.annotations, offset);
  }
  setAnnotationU32(offset: number, value: u32): void {
    writeU32(this.annotations, offset, value);
  }
  /** The paint annotation: the colour that Paint sets. */
  get paint(): u8 {
    return this.annotations[ANNOTATIONS.paint.offset]!;
  }
  set paint(value: u8) {
    this.annotations[ANNOTATIONS.paint.offset] = value;
  }
  /** The destination annotation: the IPv4 address of the next hop. */
  get destinationAddress(): u32 {
    return readU32(this.annotations, ANNOTATIONS.destination_address.offset);
  }
  set destinationAddress(value: u32) {
    writeU32(this.annotations, ANNOTATIONS.destination_address.offset, value);
  }
}

export function readU32(bytes: Uint8Array, at: number): u32 {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function readU48(bytes: Uint8Array, at: number): u48 {
  return ((bytes[at]! << 8) | bytes[at + 1]!) * 2 ** 32 + readU32(bytes, at + 2);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, Math.floor(value / 2 ** 32));
  writeU32(bytes, at + 2, value % 2 ** 32);
}
