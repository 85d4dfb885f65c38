/**
 * Makes packets of the frames of a trace that a DAG card wrote, records of ERF (Endace's extensible record format): HDLC frames of packet over SONET (type 1), Ethernet frames
 * (2), ATM cells and AAL5 frames (3, 4). Older traces, whose records are cells of 64 bytes and say nothing (type 0), are read as ENCAP says: IP, ATM, SUNATM, ETHER, PPP, PPP_HDLC
 * or HDLC. A record of another type is told, and what follows is taken for cells of ATM. What it does with packets is what FromDump does. FILENAME `-` is standard input.
 */
import { text, type ControlHost, type HostFrame } from 'wirelet';
import { frameFile } from './summary/frame-file.js';
import { ATM_LINK, ETHERNET_LINK, HDLC_LINK, linkOf, PPP_HDLC_LINK, PPP_LINK, RAW_LINK, SUNATM_LINK } from './summary/link-type.js';

const HEADER_BYTES = 16;
const CELL_BYTES = 64;
/** Ethernet frames have two bytes before them, and the length on the wire counts their checksum. */
const [PADDING_BYTES, CHECKSUM_BYTES] = [2, 4];
/** Set in the type when headers with more about the record follow, eight bytes each. */
const MORE_HEADERS = 0x80;
const LEGACY = 0;
const ETHERNET = 2;
const LINKS: Readonly<Record<number, number>> = { 1: HDLC_LINK, 2: ETHERNET_LINK, 3: SUNATM_LINK, 4: SUNATM_LINK };
/** Where the frame begins in a cell, and the length on the wire, where it has one. */
const CELLS: ReadonlyMap<number, { readonly at: number; readonly wireAt?: number }> = new Map([
  [ATM_LINK, { at: 16 }],
  [PPP_LINK, { at: 16 }],
  [PPP_HDLC_LINK, { at: 16 }],
  [HDLC_LINK, { at: 16, wireAt: 10 }],
  [SUNATM_LINK, { at: 12 }],
  [ETHERNET_LINK, { at: 10, wireAt: 8 }],
  [RAW_LINK, { at: 8 }],
]);
const ADVICE = '(To avoid this warning, specify an explicit ENCAP.)';

interface Config {
  readonly encap: string;
}

/** Nanoseconds since 1970: the fraction of a second comes before the seconds, both with their lowest byte first. */
function timeAt(data: Buffer, at: number): bigint {
  const fraction = (BigInt(data.readUInt32LE(at)) * 1_000_000_000n + 0x8000_0000n) >> 32n;
  return BigInt(data.readUInt32LE(at + 4)) * 1_000_000_000n + fraction;
}

/** The frame of a cell. */
function cellAt(data: Buffer, at: number, link: number): HostFrame {
  const { at: start, wireAt } = CELLS.get(link)!;
  const bytes = data.subarray(at + start, at + CELL_BYTES);
  const wire = wireAt === undefined ? 0 : data.readUInt16BE(at + wireAt);
  return { timestamp: timeAt(data, at), bytes, wireLength: wire === 0 ? bytes.length : wire, link, offset: at, end: at + CELL_BYTES };
}

/** The frame of a record; undefined: it is too short to be one, or cut off. */
function recordAt(data: Buffer, at: number): HostFrame | undefined {
  const type = data[at + 8]!;
  const end = at + data.readUInt16BE(at + 10);
  const kind = type & ~MORE_HEADERS;
  let start = at + HEADER_BYTES;
  for (let more = type; (more & MORE_HEADERS) !== 0 && start + 8 <= end; start += 8) more = data[start]!;
  if (kind === ETHERNET) start += PADDING_BYTES;
  if (end < start || end > data.length) return undefined;
  const wire = data.readUInt16BE(at + 14) - (kind === ETHERNET ? CHECKSUM_BYTES : 0);
  return { timestamp: timeAt(data, at), bytes: data.subarray(start, end), wireLength: wire === 0 ? end - start : wire, link: LINKS[kind]!, offset: at, end };
}

function* erfFrames(host: ControlHost<Config>, file: string): Generator<HostFrame> {
  const data = host.readFile(file);
  if (data.length === 0) throw Object.assign(new Error('it is empty'), { click: 'empty file' });
  let base = host.config.encap === '' ? undefined : linkOf(host.config.encap);
  for (let at = 0; at + HEADER_BYTES <= data.length; ) {
    const type = data[at + 8]!;
    if (base === undefined && type !== LEGACY && LINKS[type & ~MORE_HEADERS] === undefined) {
      base = ATM_LINK;
      const what = at === 0 ? `warning: odd DAG cell type ${type}, assuming old-style ATM encapsulation` : `${host.name} :: ${host.className}: DAG cell with odd type ${type}, assuming old-style`;
      if (at === 0) [what, ADVICE].forEach((line) => host.note(line));
      else [what, '  ATM encapsulation for rest of dump.  Packets may have been read incorrectly!', `  ${ADVICE}`].forEach((line) => host.message(line));
    }
    const isCell = base !== undefined || type === LEGACY;
    if (isCell && at + CELL_BYTES > data.length) return;
    const frame = isCell ? cellAt(data, at, base ?? ATM_LINK) : recordAt(data, at);
    if (frame === undefined) return;
    yield frame;
    at = frame.end;
  }
}

export default frameFile({
  name: 'FromDAGDump',
  read: (host, file) => ({ frames: erfFrames(host, file) }),
  more: { encap: text({ default: '', keyword: true, doc: 'What the cells of old traces begin with: IP, ATM, SUNATM, ETHER, PPP, PPP_HDLC or HDLC.' }) },
  lacks: ['packet_filepos', 'count', 'reset_counts', 'reset_timing', 'filepos'],
  isExclusive: true,
  readsAhead: true,
  build({ config, fail }) {
    const link = config.encap === '' ? ATM_LINK : linkOf(config.encap);
    if (link === undefined || !CELLS.has(link)) return fail('ENCAP is one of IP, ATM, SUNATM, ETHER, PPP, PPP_HDLC and HDLC', undefined, 'bad encapsulation type');
    return undefined;
  },
});
