/**
 * Makes packets of the frames of a capture, pcap or pcapng, with their time stamps; gzip, compress or bzip2 may have made it smaller. With TIMING they come with
 * the time between them that they were captured with. FORCE_IP lets IP packets out, their headers marked behind that of the link; other frames leave by the second
 * output. Captures of raw IP are read so in any case. FILENAME `-` is standard input.
 *
 * As in FastClick, FORCE_LEN gives frames another length, and the IPv4 header in them with it: zeros fill them up, or what is too much is cut off.
 */
import { bool, checksum, integer, text, type ControlHost, type HostFrame } from 'wirelet';
import { frameFile } from './summary/frame-file.js';
import { readFormula } from './summary/formula.js';
import { canonicalLink, RAW_LINK } from './summary/link-type.js';

/** FORCE_LEN: frames as they were captured, or as long as they were on the wire; else so many bytes. */
const [AS_CAPTURED, AS_SENT] = [-1, 0];
const [LENGTH_MIN, LENGTH_MAX] = [60, 9000];
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
/** Bytes that are loaded before the run, at most. */
const PRELOAD_MAX = 2 ** 40;
const BURST_MAX = 1024;

interface Config {
  readonly force_len: number;
  readonly preload: number;
}

/** A frame without what it cannot have, and as long as FORCE_LEN says. */
function shaped(frame: HostFrame, forced: number): HostFrame {
  const bytes = frame.bytes.length > frame.wireLength ? frame.bytes.subarray(0, frame.wireLength) : frame.bytes;
  if (forced === AS_CAPTURED) return { ...frame, bytes };
  const header = canonicalLink(frame.link) === RAW_LINK ? 0 : ETHERNET_BYTES;
  const wanted = Math.min(LENGTH_MAX, Math.max(0, (forced === AS_SENT ? frame.wireLength : forced) - (header === 0 ? ETHERNET_BYTES : 0)));
  const made = Buffer.alloc(wanted);
  made.set(bytes.subarray(0, wanted));
  if (made.length >= header + IPV4_BYTES && made[header]! >>> 4 === 4) {
    const [before, after] = [made.readUInt16BE(header + 2), (wanted - header) & 0xffff];
    made.writeUInt16BE(after, header + 2);
    if (before !== after) made.writeUInt16BE(checksum.update(made.readUInt16BE(header + 10), before, after), header + 10);
  }
  return { ...frame, bytes: made };
}

function* shapedFrames(frames: Iterable<HostFrame>, forced: number): Generator<HostFrame> {
  for (const frame of frames) yield shaped(frame, forced);
}

/** The same frames, of which so many bytes are read now. */
function preloaded(host: ControlHost, frames: Iterator<HostFrame>, wanted: number): Iterable<HostFrame> {
  const loaded: HostFrame[] = [];
  let bytes = 0;
  while (bytes < wanted) {
    const next = frames.next();
    if (next.done === true) {
      host.note(`warning: Cannot read more than ${loaded.length} packets because no more Packet objects could be allocated or trace is finished.`);
      break;
    }
    loaded.push(next.value);
    bytes += next.value.bytes.length;
  }
  host.message(`${host.name} : Preloaded ${loaded.length} packets (${bytes} bytes)`);
  return (function* () {
    yield* loaded;
    for (let next = frames.next(); next.done !== true; next = frames.next()) yield next.value;
  })();
}

export default frameFile({
  name: 'FromDump',
  read(host, file, isAgain) {
    const { force_len: forced, preload } = host.config as Config;
    const { link, frames } = host.openCapture(file);
    const made = shapedFrames(frames, forced);
    return { ...(link !== undefined && { link }), frames: preload === 0 || isAgain ? made : preloaded(host, made, preload < 0 ? Infinity : preload) };
  },
  timed: true,
  more: {
    per_node: bool({ default: false, keyword: true, doc: 'Without effect: it means something in simulations of networks only.' }),
    force_len: integer({ default: AS_CAPTURED, min: -0x8000_0000, max: 0x7fff_ffff, keyword: true, doc: 'Bytes that frames get, 60 to 9000; 0: as many as they had on the wire; -1: as many as were captured.' }),
    preload: integer({ default: 0, min: -1, max: PRELOAD_MAX, keyword: true, doc: 'Bytes of packets that are read before the run; -1: all.' }),
    acceleration: integer({ default: 100, min: 1, max: 0xffff_ffff, keyword: true, doc: 'With TIMING, how fast packets come, in percent.' }),
    timing_fnt: text({ default: '', keyword: true, doc: 'With TIMING, how fast packets come as a formula of x, the seconds since the first, in percent: 100 + 50 * sin(x); where it is 0 the run ends.' }),
    burst: integer({ default: 0, min: 0, max: BURST_MAX, keyword: true, doc: 'Packets that are pushed in one round, besides the first.' }),
  },
  build({ config, warn, fail }) {
    if (config.timing_fnt !== '' && readFormula(config.timing_fnt) === undefined) fail('TIMING_FNT is no formula of x', 'Numbers, x, + - * / % ^, parentheses, and functions such as sin, exp and floor are known.');
    const forced = config.force_len as number;
    if (forced === AS_CAPTURED) return undefined;
    if (forced !== AS_SENT && (forced < LENGTH_MIN || forced > LENGTH_MAX)) return fail('FORCE_LEN requires a valid frame size');
    const message = `Frames will be loaded with ${forced === AS_SENT ? 'their actual lengths' : `a fixed length of ${forced} bytes`}; this will likely slow down the injection rate due to frame padding/chopping operations.`;
    warn(message, undefined, undefined, message);
    return undefined;
  },
});
