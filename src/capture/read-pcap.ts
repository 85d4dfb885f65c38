/** Classic pcap (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds, and files with the longer records of Kuznetzov's libpcap. */
import { CaptureError, LINKTYPE_ETHERNET, RECORD_BYTES_MAX, type CapturedFrame } from './frame.js';
import type { FileReader } from './file-reader.js';

interface Format {
  readonly little: boolean;
  /** Nanoseconds of a fraction's unit. */
  readonly scale: bigint;
  /** Bytes of a record's header. */
  readonly head: number;
}

const HEAD_BYTES = 16;
/** With the interface's number, the protocol and the kind of packet. */
const MODIFIED_HEAD_BYTES = 24;
const MAGICS: Readonly<Record<number, Format>> = {
  0xa1b2c3d4: { little: false, scale: 1000n, head: HEAD_BYTES },
  0xd4c3b2a1: { little: true, scale: 1000n, head: HEAD_BYTES },
  0xa1b23c4d: { little: false, scale: 1n, head: HEAD_BYTES },
  0x4d3cb2a1: { little: true, scale: 1n, head: HEAD_BYTES },
  0xa1b2cd34: { little: false, scale: 1000n, head: MODIFIED_HEAD_BYTES },
  0x34cdb2a1: { little: true, scale: 1000n, head: MODIFIED_HEAD_BYTES },
};
/** Longest record that Click believes. */
const ANY_BYTES_MAX = 65_535;
const MAJOR_VERSION = 2;
const MINOR_VERSION = 4;
/** Up to this minor version the two lengths may have each other's place. */
const SWAPPED_MINOR_VERSION = 3;

/** Whether the first four bytes, read as big-endian, begin a pcap file. */
export function isPcap(magic: number): boolean {
  return magic in MAGICS;
}

/** Whether they begin one with records as they should be, which the native side reads, too. */
export function isPlainPcap(magic: number): boolean {
  return MAGICS[magic]?.head === HEAD_BYTES;
}

export interface PcapFile {
  readonly link: number;
  readonly frames: Generator<CapturedFrame>;
}

/**
 * The file of which `magic` has been taken. Its version is heeded where frames of any link are taken: captures of Ethernet are read as the native side reads them.
 * Throws CaptureError if it is none; its frames do after the last good one.
 */
export function readPcap(reader: FileReader, magic: number, anyLink = false): PcapFile {
  const format = MAGICS[magic]!;
  const { little } = format;
  const header = Buffer.from(reader.take(20));
  if (header.length < 20) throw new CaptureError(`the file header is cut off after ${4 + header.length} of 24 bytes`, 0, undefined, 'not a tcpdump file (too short)');
  const u16 = (offset: number) => (little ? header.readUInt16LE(offset) : header.readUInt16BE(offset));
  if (anyLink && u16(0) !== MAJOR_VERSION) throw new CaptureError(`its format has version ${u16(0)}, not ${MAJOR_VERSION}`, 0, undefined, `unknown major version ${u16(0)}`);
  const link = (little ? header.readUInt32LE(16) : header.readUInt32BE(16)) & 0x0fff_ffff;
  if (!anyLink && link !== LINKTYPE_ETHERNET) {
    throw new CaptureError(`its frames are of link type ${link}, not Ethernet (1)`, 0, 'Capture on an Ethernet interface: tcpdump -i eth0 -w FILE.');
  }
  return { link, frames: frames(reader, format, link, anyLink ? { minor: u16(2), bytesMax: ANY_BYTES_MAX } : { minor: MINOR_VERSION, bytesMax: RECORD_BYTES_MAX }) };
}

function* frames(reader: FileReader, { little, scale, head }: Format, link: number, { minor, bytesMax }: { readonly minor: number; readonly bytesMax: number }): Generator<CapturedFrame> {
  for (let count = 0; ; count += 1) {
    const at = reader.position;
    const record = reader.take(head);
    if (record.length === 0) return;
    if (record.length < head) throw cutOff(count, at, record.length, head);
    const field = (offset: number) => (little ? record.readUInt32LE(offset) : record.readUInt32BE(offset));
    const seconds = field(0);
    const fraction = field(4);
    const swapped = minor < SWAPPED_MINOR_VERSION || (minor === SWAPPED_MINOR_VERSION && field(8) > field(12));
    const [length, wireLength] = swapped ? [field(12), field(8)] : [field(8), field(12)];
    if (length > bytesMax) {
      throw new CaptureError(`frame ${count + 1} at byte ${at} claims ${length} bytes, which no capture has`, count, 'The file is damaged from there on.', 'bad packet header; giving up');
    }
    const bytes = reader.take(length);
    if (bytes.length < length) throw cutOff(count, at, head + bytes.length, head + length);
    yield { timestamp: BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * scale, bytes: Uint8Array.from(bytes), wireLength, link, offset: at, end: reader.position };
  }
}

function cutOff(frames: number, at: number, got: number, wanted: number): CaptureError {
  return new CaptureError(
    `it is cut off in frame ${frames + 1}, at byte ${at}: ${got} of ${wanted} bytes are there`,
    frames,
    `The ${frames} frames before it are complete; editcap or tcpdump -r FILE -w NEW keeps just those.`,
    // Click says nothing of it.
    '',
  );
}
