/** Frames for measurements, packed as bench/wl_bench.h reads them, by the million. */

/** Room for one frame unless said, and bytes of one on the wire that are not in memory: its check sequence. */
const SLOT_BYTES = 64;
const CHECK_BYTES = 4;

export interface FlowFrame {
  readonly source: number;
  readonly destination: number;
  /** IP protocol: 6 or 17. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** TCP flags; ACK unless given. */
  readonly flags?: number;
  readonly ttl?: number;
}

export class Frames {
  private readonly bytes: Uint8Array;
  private readonly kinds: Uint16Array;
  private readonly view: DataView;
  private setup = 0;
  count = 0;

  /** `room` frames of at most `slot` bytes; those that are made have as many, with their check sequence. */
  constructor(readonly room: number, readonly slot = SLOT_BYTES) {
    this.bytes = new Uint8Array(room * slot);
    this.kinds = new Uint16Array(room * 2);
    this.view = new DataView(this.bytes.buffer);
  }

  private get length(): number {
    return this.slot - CHECK_BYTES;
  }

  /** What was added up to now is for setup: sent once, not measured. */
  endSetup(): void {
    this.setup = this.count;
  }

  /** Those of them that `keep` is true for, which is told whether a frame is for setup: what is for setup stays so. */
  chosen(keep: (frame: Uint8Array, setup: boolean) => boolean): Frames {
    const some = new Frames(this.room, this.slot);
    for (let index = 0; index < this.count; index += 1) {
      if (index === this.setup) some.endSetup();
      const [length, iface] = [this.kinds[2 * index]!, this.kinds[2 * index + 1]!];
      const frame = this.bytes.subarray(index * this.slot, index * this.slot + length);
      if (keep(frame, index < this.setup)) some.add(iface, frame);
    }
    return some;
  }

  /** Any bytes. */
  add(iface: number, bytes: Uint8Array): void {
    if (bytes.length > this.slot) throw new Error(`a frame of ${bytes.length} bytes`);
    this.bytes.set(bytes, this.count * this.slot);
    this.close(iface, bytes.length);
  }

  /** An Ethernet frame with nothing in it. */
  addEthernet(iface: number, destination: number, source: number): void {
    const at = this.count * this.slot;
    this.address(at, destination);
    this.address(at + 6, source);
    this.view.setUint16(at + 12, 0x88b5); // for local experiments (IEEE 802)
    this.close(iface, this.length);
  }

  /** A TCP or UDP packet over IPv4, its checksums right. */
  addFlow(iface: number, flow: FlowFrame): void {
    const at = this.count * this.slot;
    const { view } = this;
    this.address(at, 0x0200_0000_fe00 + iface);
    this.address(at + 6, 0x0200_0000_0100 + iface);
    view.setUint16(at + 12, 0x0800);
    view.setUint16(at + 14, 0x4500);
    view.setUint16(at + 16, this.length - 14);
    view.setUint16(at + 18, this.count & 0xffff);
    view.setUint8(at + 22, flow.ttl ?? 64);
    view.setUint8(at + 23, flow.protocol);
    view.setUint32(at + 26, flow.source);
    view.setUint32(at + 30, flow.destination);
    view.setUint16(at + 24, this.sum(at + 14, 20, 0));
    const transport = at + 34;
    const bytes = this.length - 34;
    view.setUint16(transport, flow.sourcePort);
    view.setUint16(transport + 2, flow.destinationPort);
    const tcp = flow.protocol === 6;
    if (tcp) view.setUint16(transport + 12, 0x5000 | (flow.flags ?? 0x10));
    else view.setUint16(transport + 4, bytes);
    const pseudo = this.words(at + 26, 8) + flow.protocol + bytes;
    view.setUint16(transport + (tcp ? 16 : 6), this.sum(transport, bytes, pseudo));
    this.close(iface, this.length);
  }

  /** The same as a file for stdin. */
  *pieces(): Generator<Uint8Array> {
    yield new Uint8Array(new Uint32Array([this.setup, this.count - this.setup]).buffer);
    yield new Uint8Array(this.kinds.buffer, 0, this.count * 4);
    yield this.bytes.subarray(0, this.count * this.slot);
  }

  /** The measured frames that arrive at one interface, at most `most`, as they stand. */
  traffic(iface: number, most: number): Generator<Uint8Array> {
    return this.arriving(this.setup, this.count, iface, most);
  }

  /** The frames that come before them. */
  prelude(iface: number): Generator<Uint8Array> {
    return this.arriving(0, this.setup, iface, Infinity);
  }

  private *arriving(first: number, end: number, iface: number, most: number): Generator<Uint8Array> {
    for (let index = first, given = 0; index < end && given < most; index += 1) {
      if (this.kinds[2 * index + 1] !== iface) continue;
      given += 1;
      yield this.bytes.subarray(index * this.slot, index * this.slot + this.kinds[2 * index]!);
    }
  }

  private close(iface: number, length: number): void {
    this.kinds[2 * this.count] = length;
    this.kinds[2 * this.count + 1] = iface;
    this.count += 1;
  }

  private address(at: number, value: number): void {
    this.view.setUint16(at, Math.floor(value / 2 ** 32));
    this.view.setUint32(at + 2, value % 2 ** 32);
  }

  private words(at: number, bytes: number): number {
    let sum = 0;
    for (let index = 0; index < bytes; index += 2) sum += this.view.getUint16(at + index);
    return sum;
  }

  /** The Internet checksum (RFC 1071) of an even number of bytes and what else counts. */
  private sum(at: number, bytes: number, more: number): number {
    let sum = this.words(at, bytes) + more;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    return ~sum & 0xffff;
  }
}
