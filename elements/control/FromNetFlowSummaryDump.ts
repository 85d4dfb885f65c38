/**
 * Makes a packet for each flow of a file of NetFlow summaries: fifteen fields with bars between them on a line, source, destination, next hop, interface of input and of
 * output, packets, bytes, first and last second, source and destination port, padding, TCP flags, protocol, type of service. FILENAME `-` is standard input.
 *
 * A packet has headers; its length, number of packets and time of the first are in its annotations, with MULTIPACKET there are as many packets. The interface becomes its paint.
 */
import { bool, defineElement, oneOf, text, type ControlHost, type Packet } from 'wirelet';
import { numberOf } from './summary/field.js';
import { LineFile, type LineFileConfig } from './summary/line-file.js';
import { MINOR_VERSION, packetOfText } from './summary/line-packet.js';
import { severalOf } from './summary/several-packets.js';

const FIELDS_OF_LINE = 15;
/** Of the things that a line tells, so many must make sense. */
const RIGHT_MIN = 10;
/** Packets that one line may stand for, with MULTIPACKET. */
const PACKETS_OF_A_LINE_MAX = 1_000_000;
/** Interfaces beyond these have the last colour. */
const PAINT_MAX = { one: 255, both: 15 };
/** Whose header has ports, and a length to fill in. */
const [TCP, UDP] = ['6', '17'];

interface Config extends LineFileConfig {
  readonly multipacket: boolean;
  readonly link: 'input' | 'output' | 'both';
}

/** The paint of interfaces; undefined: they are no numbers. */
function paintOf(link: Config['link'], input: string, output: string): number | undefined {
  const most = link === 'both' ? PAINT_MAX.both : PAINT_MAX.one;
  const [a, b] = [input, output].map((word) => numberOf(word, 0xffff_ffff)) as [number | undefined, number | undefined];
  if ((link !== 'output' && a === undefined) || (link !== 'input' && b === undefined)) return undefined;
  if (link === 'input') return Math.min(a!, most);
  return link === 'output' ? Math.min(b!, most) : Math.min(a!, most) * 16 + Math.min(b!, most);
}

/** The packet of a line; undefined: it makes no sense. */
function packetOf(line: string, link: Config['link']): Packet | undefined {
  const words = line.split('|');
  if (words.length < FIELDS_OF_LINE) return undefined;
  const [source, destination, , input, output, packets, bytes, first, last, sport, dport, , flags, protocol, tos] = words as [string, string, string, string, string, string, string, string, string, string, string, string, string, string, string];
  const paint = paintOf(link, input, output);
  const given = { ip_src: source, ip_dst: destination, ip_tos: tos, first_timestamp: first, timestamp: last === '0' ? first : last, count: packets, ip_len: bytes };
  const numbers = [packets, bytes, first, last, protocol, tos, sport, dport, flags].filter((word) => numberOf(word, 0xffff_ffff) !== undefined).length;
  const addresses = [source, destination].filter((word) => /^\d+\.\d+\.\d+\.\d+$/.test(word)).length;
  if (numbers + addresses + (paint === undefined ? 0 : 1) < RIGHT_MIN) return undefined;
  const ports = protocol === TCP || protocol === UDP ? { sport, dport } : {};
  const transport = protocol === TCP ? { tcp_flags: flags } : {};
  const fields = Object.entries({ ...given, ip_ttl: '0', ip_proto: protocol, link: paint === undefined ? '-' : String(paint), ...ports, ...transport });
  return packetOfText(fields.map(([name, text]) => ({ name, text })), { protocol: 0, minorVersion: MINOR_VERSION })?.finish(false);
}

function reader(host: ControlHost<Config>): LineFile {
  const { filename, link, multipacket } = host.config;
  return new LineFile(host, (line, number) => {
    if (line === '' || line.startsWith('!') || line.startsWith('#')) return [];
    const packet = packetOf(line, link);
    if (packet === undefined) {
      host.message(`${filename === '-' ? '<stdin>' : filename}:${number}: bad format`);
      return undefined;
    }
    const count = 1 + packet.annotationU32(24);
    return multipacket && count > 1 ? severalOf(packet, Math.min(count, PACKETS_OF_A_LINE_MAX)) : [packet];
  });
}

export default defineElement({
  name: 'FromNetFlowSummaryDump',
  config: {
    filename: text({ doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a flow is as many packets as it had.' }),
    link: oneOf(['input', 'output', 'both'], { default: 'input', keyword: true, doc: 'Which interface becomes the paint; both: in four bits each.' }),
    timing: bool({ default: false, keyword: true, doc: 'Whether packets come with the time between them that their time stamps have.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  control: { reason: 'reads a file, which an appliance does not have', start: reader },
});
