/** pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, any time resolution. */
import { CaptureError, LINKTYPE_ETHERNET, RECORD_BYTES_MAX, TIMESTAMP_MAX, type CapturedFrame } from './frame.js';
import type { FileReader } from './file-reader.js';

export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const BLOCK_BYTES_MAX = 16 << 20;

interface Interface {
  readonly link: number;
  readonly snapLength: number;
  /** Nanoseconds of a time stamp. */
  nanoseconds(units: bigint): bigint;
}

/** A frame whose place is told by who asked for it. */
type Found = Omit<CapturedFrame, 'offset' | 'end'>;

/** Frames of a file whose first block type has been taken. Throws CaptureError after the last good one. */
export function readPcapng(reader: FileReader, anyLink = false): Generator<CapturedFrame> {
  return new PcapngReader(reader, anyLink).frames();
}

class PcapngReader {
  private little = true;
  private interfaces: Interface[] = [];
  private count = 0;

  constructor(
    private readonly reader: FileReader,
    private readonly anyLink: boolean,
  ) {}

  *frames(): Generator<CapturedFrame> {
    let at = 0;
    let type: number | undefined = SECTION_HEADER;
    while (type !== undefined) {
      if (type === SECTION_HEADER) this.section(at);
      else {
        const frame = this.block(type, at);
        if (frame !== undefined) {
          this.count += 1;
          yield { ...frame, offset: at, end: this.reader.position };
        }
      }
      at = this.reader.position;
      type = this.nextType(at);
    }
  }

  private nextType(at: number): number | undefined {
    const bytes = this.reader.take(4);
    if (bytes.length === 0) return undefined;
    if (bytes.length < 4) throw this.cutOff(at);
    if (bytes.readUInt32BE(0) === SECTION_HEADER) return SECTION_HEADER;
    return this.u32(bytes, 0);
  }

  private section(at: number): void {
    const head = Buffer.from(this.reader.take(8));
    if (head.length < 8) throw this.cutOff(at);
    if (head.readUInt32LE(4) === BYTE_ORDER_MAGIC) this.little = true;
    else if (head.readUInt32BE(4) === BYTE_ORDER_MAGIC) this.little = false;
    else throw new CaptureError(`the section at byte ${at} has no byte-order mark`, this.count);
    const length = this.length(this.u32(head, 0), at);
    if (length < 28) throw this.damaged(at);
    if (this.reader.take(length - 12).length < length - 12) throw this.cutOff(at);
    this.interfaces = [];
  }

  private block(type: number, at: number): Found | undefined {
    const head = this.reader.take(4);
    if (head.length < 4) throw this.cutOff(at);
    const length = this.length(this.u32(head, 0), at);
    if (length < 12) throw this.damaged(at);
    const body = this.reader.take(length - 8);
    if (body.length < length - 8) throw this.cutOff(at);
    const content = body.subarray(0, length - 12);
    switch (type) {
      case INTERFACE_DESCRIPTION:
        this.describeInterface(content, at);
        return undefined;
      case ENHANCED_PACKET:
        return this.timedPacket(content, at, content.length < 20 ? undefined : this.u32(content, 0));
      case OBSOLETE_PACKET:
        return this.timedPacket(content, at, content.length < 20 ? undefined : this.u16(content, 0));
      case SIMPLE_PACKET:
        return this.simplePacket(content, at);
      default:
        return undefined;
    }
  }

  private describeInterface(content: Buffer, at: number): void {
    if (content.length < 8) throw this.damaged(at);
    let units = 1_000_000n;
    let offset = 0n;
    for (let place = 8; place + 4 <= content.length; ) {
      const option = this.u16(content, place);
      const length = this.u16(content, place + 2);
      const value = content.subarray(place + 4, place + 4 + length);
      if (option === OPTION_END) break;
      if (option === OPTION_TIME_RESOLUTION && value.length === 1) units = resolution(value[0]!);
      if (option === OPTION_TIME_OFFSET && value.length === 8) offset = this.little ? value.readBigInt64LE(0) : value.readBigInt64BE(0);
      place += 4 + Math.ceil(length / 4) * 4;
    }
    this.interfaces.push({
      link: this.u16(content, 0),
      snapLength: this.u32(content, 4),
      nanoseconds: (time) => offset * 1_000_000_000n + (time * 1_000_000_000n) / units,
    });
  }

  private timedPacket(content: Buffer, at: number, number: number | undefined): Found {
    const from = number === undefined ? undefined : this.interfaces[number];
    if (from === undefined) throw this.damaged(at);
    const length = this.u32(content, 12);
    if (length > RECORD_BYTES_MAX || 20 + length > content.length) throw this.damaged(at);
    this.checkLink(from);
    const units = (BigInt(this.u32(content, 4)) << 32n) | BigInt(this.u32(content, 8));
    const timestamp = from.nanoseconds(units);
    if (timestamp < 0n) throw this.damaged(at);
    return { timestamp: timestamp < TIMESTAMP_MAX ? timestamp : TIMESTAMP_MAX, bytes: Uint8Array.from(content.subarray(20, 20 + length)), wireLength: this.u32(content, 16), link: from.link };
  }

  private simplePacket(content: Buffer, at: number): Found {
    const from = this.interfaces[0];
    if (from === undefined || content.length < 4) throw this.damaged(at);
    this.checkLink(from);
    const limit = from.snapLength === 0 ? RECORD_BYTES_MAX : from.snapLength;
    const length = Math.min(this.u32(content, 0), limit, content.length - 4);
    return { timestamp: 0n, bytes: Uint8Array.from(content.subarray(4, 4 + length)), wireLength: this.u32(content, 0), link: from.link };
  }

  private checkLink({ link }: Interface): void {
    if (this.anyLink || link === LINKTYPE_ETHERNET) return;
    throw new CaptureError(`frame ${this.count + 1} is of link type ${link}, not Ethernet (1)`, this.count, 'Capture on an Ethernet interface: tcpdump -i eth0 -w FILE.');
  }

  private u16(bytes: Buffer, at: number): number {
    return this.little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  private u32(bytes: Buffer, at: number): number {
    return this.little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  private length(length: number, at: number): number {
    if (length % 4 !== 0 || length > BLOCK_BYTES_MAX) throw this.damaged(at);
    return length;
  }

  private damaged(at: number): CaptureError {
    return new CaptureError(`the block at byte ${at} is damaged`, this.count, `The ${this.count} frames before it are good.`);
  }

  private cutOff(at: number): CaptureError {
    return new CaptureError(`it is cut off in the block at byte ${at}`, this.count, `The ${this.count} frames before it are complete.`);
  }
}

/** Units per second of the if_tsresol option: a power of ten, or of two when the high bit is set. */
function resolution(value: number): bigint {
  return (value & 0x80) === 0 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
}
