/**
 * Makes packets of the frames of a trace that a DAG card wrote: records of ERF (Endace's extensible record format) with Ethernet frames (type 2) or HDLC frames of
 * packet over SONET (type 1); records of other types are passed over. What it does with them is what FromDump does. FILENAME `-` is standard input.
 */
import { text, type ControlHost, type HostFrame } from 'wirelet';
import { frameFile } from './summary/frame-file.js';
import { ETHERNET_LINK, HDLC_LINK } from './summary/link-type.js';

const HEADER_BYTES = 16;
const [HDLC, ETHERNET] = [1, 2];
/** Set in the type when headers with more about the record follow, eight bytes each. */
const MORE_HEADERS = 0x80;
/** Bytes between the record's header and an Ethernet frame. */
const PADDING_BYTES = 2;

function* erfFrames(host: ControlHost, file: string): Generator<HostFrame> {
  const data = host.readFile(file);
  for (let at = 0; at + HEADER_BYTES <= data.length; ) {
    const size = data.readUInt16BE(at + 10);
    if (size < HEADER_BYTES) throw new Error(`the record at byte ${at} is shorter than its header`);
    if (at + size > data.length) throw new Error(`the record at byte ${at} is cut off`);
    // The fraction of a second comes before the seconds, both with their lowest byte first.
    const nanoseconds = BigInt(Math.trunc((data.readUInt32LE(at) * 1e9) / 2 ** 32));
    const timestamp = BigInt(data.readUInt32LE(at + 4)) * 1_000_000_000n + nanoseconds;
    const type = data[at + 8]!;
    let start = at + HEADER_BYTES;
    for (let more = type; (more & MORE_HEADERS) !== 0 && start + 8 <= at + size; start += 8) more = data[start]!;
    const wire = data.readUInt16BE(at + 14);
    const end = at + size;
    if ((type & ~MORE_HEADERS) === ETHERNET) yield { timestamp, bytes: data.subarray(start + PADDING_BYTES, Math.min(end, start + PADDING_BYTES + wire)), wireLength: wire, link: ETHERNET_LINK, offset: at, end };
    if ((type & ~MORE_HEADERS) === HDLC) yield { timestamp, bytes: data.subarray(start, Math.min(end, start + wire)), wireLength: wire, link: HDLC_LINK, offset: at, end };
    at = end;
  }
}

export default frameFile('FromDAGDump', (host, file) => ({ frames: erfFrames(host, file) }), {
  encap: text({ default: '', keyword: true, doc: 'Accepted for compatibility: records say what they have.' }),
});
