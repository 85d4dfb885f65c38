/**
 * Makes a packet for each flow of a file of NetFlow summaries: fifteen fields with bars between them on a line, source, destination, next hop, interface of input and of
 * output, packets, bytes, first and last second, source and destination port, padding, TCP flags, protocol, type of service. FILENAME `-` is standard input.
 *
 * A packet has headers; its length, number of packets and time of the first are in its annotations, with MULTIPACKET there are as many packets. The interface becomes its paint.
 * At a line that makes no sense it rests, as at the end, until it is made active again.
 */
import { bool, defineElement, filename, parseIpv4, text, type ControlHost, type Packet } from 'wirelet';
import { numberOf } from './summary/field.js';
import { headerPacket, IP_BYTES, ipHeader, TCP_BYTES, UDP_BYTES } from './summary/header-packet.js';
import { LineFile, type LineFileConfig } from './summary/line-file.js';
import { severalOf } from './summary/several-packets.js';

const FIELDS_OF_LINE = 15;
/** Of the twelve things that a line tells, so many must make sense. */
const RIGHT_MIN = 10;
/** Packets that one line may stand for, with MULTIPACKET. */
const PACKETS_OF_A_LINE_MAX = 1_000_000;
/** Interfaces beyond these have the last colour. */
const PAINT_MAX = { one: 255, both: 15 };
const [TCP, UDP] = [6, 17];
const LINKS = ['input', 'output', 'both'] as const;

type Link = (typeof LINKS)[number];

interface Config extends LineFileConfig {
  readonly multipacket: boolean;
}

/** The paint of interfaces; undefined: they are no numbers. */
function paintOf(link: Link, input: number | undefined, output: number | undefined): number | undefined {
  const most = link === 'both' ? PAINT_MAX.both : PAINT_MAX.one;
  if ((link !== 'output' && input === undefined) || (link !== 'input' && output === undefined)) return undefined;
  if (link === 'input') return Math.min(input!, most);
  return link === 'output' ? Math.min(output!, most) : Math.min(input!, most) * 16 + Math.min(output!, most);
}

/** The packet of a line; undefined: it makes no sense. */
function packetOf(line: string, link: Link): Packet | undefined {
  const words = line.split('|');
  // A bar behind the last field is its end.
  if (words.at(-1) === '') words.pop();
  if (words.length < FIELDS_OF_LINE) return undefined;
  const number = (index: number, most = 0xffff_ffff) => numberOf(words[index]!, most);
  const [source, destination] = [parseIpv4(words[0]!), parseIpv4(words[1]!)];
  const paint = paintOf(link, number(3), number(4));
  const [packets, bytes, first, last, sport, dport] = [number(5), number(6), number(7), number(8), number(9, 0xffff), number(10, 0xffff)];
  const [flags, protocol, service] = [number(12, 0xff), number(13, 0xff), number(14, 0xff)];
  const told = [source, destination, paint, packets, bytes, first, last, sport, dport, flags, protocol, service];
  if (told.filter((value) => value !== undefined).length < RIGHT_MIN) return undefined;
  const length = Math.min(bytes ?? 0, 0xffff);
  const data = ipHeader(protocol ?? 0);
  data[1] = service ?? 0;
  data.writeUInt16BE(length, 2);
  data.writeUInt32BE(source ?? 0, 12);
  data.writeUInt32BE(destination ?? 0, 16);
  data.writeUInt16BE(sport ?? 0, IP_BYTES);
  data.writeUInt16BE(dport ?? 0, IP_BYTES + 2);
  if (protocol === TCP) data.set([0x50, flags ?? 0], IP_BYTES + 12);
  if (protocol === UDP) data.writeUInt16BE((length - IP_BYTES) & 0xffff, IP_BYTES + 4);
  const whole = IP_BYTES + (protocol === TCP ? TCP_BYTES : protocol === UDP ? UDP_BYTES : 0);
  const second = (value: number | undefined) => ({ seconds: value ?? 0, nanoseconds: 0 });
  return headerPacket(data, whole, {
    time: second(last === 0 ? first : last),
    first: second(first),
    extraLength: (bytes ?? 0) - whole,
    extraPackets: Math.max(0, (packets ?? 1) - 1),
    paint: paint ?? 0,
  });
}

function reader(host: ControlHost<Config>): LineFile {
  const { multipacket } = host.config;
  const { link } = host.built as { link: Link };
  let complained = false;
  const file = new LineFile(host);
  return file.reading((line) => {
    if (line === '' || line.startsWith('!') || line.startsWith('#')) return [];
    const packet = packetOf(line, link);
    if (packet === undefined) {
      if (!complained) host.message(`${file.place}: bad format`);
      complained = true;
      return undefined;
    }
    const count = 1 + packet.annotationU32(24);
    return multipacket && count > 1 ? severalOf(packet, Math.min(count, PACKETS_OF_A_LINE_MAX)) : [packet];
  });
}

export default defineElement({
  name: 'FromNetFlowSummaryDump',
  config: {
    filename: filename({ doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a flow is as many packets as it had.' }),
    link: text({ default: 'input', keyword: true, doc: 'Which interface becomes the paint: input, output, or both, in four bits each.' }),
    timing: bool({ default: false, keyword: true, doc: 'Whether packets come with the time between them that their time stamps have.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  build({ config, fail }) {
    const link = LINKS.find((name) => name === config.link.toLowerCase());
    return link === undefined ? fail(`LINK is input, output or both, not ${config.link}`, undefined, "'LINK' should be 'input', 'output', or 'both'") : { link };
  },
  control: { reason: 'reads a file, which an appliance does not have', start: reader },
});
