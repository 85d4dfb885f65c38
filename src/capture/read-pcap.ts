/** Classic pcap (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds. */
import { CaptureError, LINKTYPE_ETHERNET, RECORD_BYTES_MAX, type CapturedFrame } from './frame.js';
import type { FileReader } from './file-reader.js';

const MAGICS: Readonly<Record<number, { little: boolean; scale: bigint }>> = {
  0xa1b2c3d4: { little: false, scale: 1000n },
  0xd4c3b2a1: { little: true, scale: 1000n },
  0xa1b23c4d: { little: false, scale: 1n },
  0x4d3cb2a1: { little: true, scale: 1n },
};

/** Whether the first four bytes, read as big-endian, begin a pcap file. */
export function isPcap(magic: number): boolean {
  return magic in MAGICS;
}

/** Frames of a file of which `magic` has been taken. Throws CaptureError after the last good one. */
export function* readPcap(reader: FileReader, magic: number, anyLink = false): Generator<CapturedFrame> {
  const { little, scale } = MAGICS[magic]!;
  const header = Buffer.from(reader.take(20));
  if (header.length < 20) throw new CaptureError(`the file header is cut off after ${4 + header.length} of 24 bytes`, 0);
  const link = (little ? header.readUInt32LE(16) : header.readUInt32BE(16)) & 0x0fff_ffff;
  if (!anyLink && link !== LINKTYPE_ETHERNET) {
    throw new CaptureError(`its frames are of link type ${link}, not Ethernet (1)`, 0, 'Capture on an Ethernet interface: tcpdump -i eth0 -w FILE.');
  }
  for (let frames = 0; ; frames += 1) {
    const at = reader.position;
    const record = reader.take(16);
    if (record.length === 0) return;
    if (record.length < 16) throw cutOff(frames, at, record.length, 16);
    const field = (offset: number) => (little ? record.readUInt32LE(offset) : record.readUInt32BE(offset));
    const seconds = field(0);
    const fraction = field(4);
    const length = field(8);
    if (length > RECORD_BYTES_MAX) {
      throw new CaptureError(`frame ${frames + 1} at byte ${at} claims ${length} bytes, which no capture has`, frames, 'The file is damaged from there on.');
    }
    const bytes = reader.take(length);
    if (bytes.length < length) throw cutOff(frames, at, 16 + bytes.length, 16 + length);
    yield { timestamp: BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * scale, bytes: Uint8Array.from(bytes), wireLength: field(12), link, offset: at, end: reader.position };
  }
}

function cutOff(frames: number, at: number, got: number, wanted: number): CaptureError {
  return new CaptureError(
    `it is cut off in frame ${frames + 1}, at byte ${at}: ${got} of ${wanted} bytes are there`,
    frames,
    `The ${frames} frames before it are complete; editcap or tcpdump -r FILE -w NEW keeps just those.`,
  );
}
