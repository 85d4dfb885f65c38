/**
 * Makes packets of a trace in a format of the National Laboratory for Applied Network Research: TSH or FR+, records of a time and the first 36 bytes of an IPv4 packet. Interfaces
 * of TSH become the paint. FORMAT may be guessed from the name's ending. Records of FR do not have a packet's bytes, and a trace of them is an empty one.
 *
 * Packets with IP options, whose records hold less of what follows, leave by the second output. What it does with the others is what FromDump does. FILENAME `-` is
 * standard input.
 */
import { text, type ControlHost, type HostFrame } from 'wirelet';
import { frameFile } from './summary/frame-file.js';
import { RAW_LINK } from './summary/link-type.js';

const RECORD_BYTES = 44;
const TIME_BYTES = 8;
const FORMATS = ['fr', 'fr+', 'tsh'] as const;

type Format = (typeof FORMATS)[number];

/** The format that a name's ending tells, behind which another one may say how it was compressed. */
function formatOf(filename: string): Format | undefined {
  const ending = /\.(fr\+?|tsh)(?:\.gz|\.z|\.bz2)?$/i.exec(filename)?.[1]?.toLowerCase();
  return FORMATS.find((format) => format === ending);
}

function* records(host: ControlHost, file: string): Generator<HostFrame> {
  const data = host.readFile(file === '' ? '-' : file);
  if (data.length === 0) throw Object.assign(new Error('it is empty'), { click: 'empty file' });
  const { format } = host.built as { format: Format };
  if (format === 'fr') return;
  for (let at = 0; at + RECORD_BYTES <= data.length; at += RECORD_BYTES) {
    const fraction = data.readUInt32BE(at + 4);
    const microseconds = format === 'tsh' ? fraction & 0xff_ffff : fraction;
    const bytes = data.subarray(at + TIME_BYTES, at + RECORD_BYTES);
    yield {
      timestamp: (BigInt(data.readUInt32BE(at)) * 1_000_000n + BigInt(microseconds)) * 1000n,
      bytes,
      wireLength: bytes.length,
      link: RAW_LINK,
      offset: at,
      end: at + RECORD_BYTES,
      paint: format === 'tsh' ? fraction >>> 24 : 0,
    };
  }
}

export default frameFile({
  name: 'FromNLANRDump',
  read: (host, file) => ({ link: RAW_LINK, frames: records(host, file) }),
  more: { format: text({ default: 'guess', keyword: true, doc: 'fr, fr+ or tsh; guess: what the name ends with, or else tsh.' }) },
  lacks: ['count', 'reset_counts', 'reset_timing', 'filepos'],
  encap: 'IP',
  isIp: true,
  withoutOptions: true,
  readsAhead: true,
  build({ config, warn, fail }) {
    const given = config.format.toLowerCase();
    const format = given === 'guess' ? formatOf(config.filename) : FORMATS.find((each) => each === given);
    if (format !== undefined) return { format };
    if (given !== 'guess') return fail('FORMAT is fr, fr+, tsh or guess', undefined, 'bad FORMAT');
    const message = "cannot guess file format from filename, assuming 'tsh'";
    warn(message, undefined, undefined, message);
    return { format: 'tsh' };
  },
});
