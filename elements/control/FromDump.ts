/**
 * Makes packets of the frames of a capture, pcap or pcapng, with their time stamps. With TIMING they come with the time between them that
 * they were captured with. FORCE_IP lets IP packets out, their headers marked behind that of the link; other frames leave by the second
 * output. Captures of raw IP are read so in any case. FILENAME `-` is standard input.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { frameFile } from './summary/frame-file.js';

const HEADER_BYTES = 24;
const PCAPNG = 0x0a0d_0d0a;
/** Whether integers have their lowest byte first, by the first four bytes, the highest first. */
const IS_LITTLE: ReadonlyMap<number, boolean> = new Map([[0xa1b2_c3d4, false], [0xd4c3_b2a1, true], [0xa1b2_3c4d, false], [0x4d3c_b2a1, true]]);

/** The link type of a file of the old format; throws unless the file begins as captures do. */
function checkBeginning(file: string): number | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  let size: number;
  try {
    size = readSync(descriptor, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(descriptor);
  }
  if (size === 0) throw new Error('empty file');
  if (size < HEADER_BYTES) throw new Error('not a tcpdump file (too short)');
  const magic = header.readUInt32BE(0);
  if (magic === PCAPNG) return undefined;
  const isLittle = IS_LITTLE.get(magic);
  if (isLittle === undefined) throw new Error('not a tcpdump file (bad magic number)');
  const major = isLittle ? header.readUInt16LE(4) : header.readUInt16BE(4);
  if (major !== 2) throw new Error(`unknown major version ${major}`);
  return (isLittle ? header.readUInt32LE(20) : header.readUInt32BE(20)) & 0x0fff_ffff;
}

export default frameFile('FromDump', (host, file) => ({ link: file === '-' ? undefined : checkBeginning(file), frames: host.readCapture(file, true) }));
