/**
 * Makes TCP packets of a file that the program cap wrote about a bulk transfer: lines such as `DAT > 1046102982.931941 1 1 1500 1460`, kind (SYN, DAT or ACK), direction, time,
 * number of the packet, number in the sequence, length, and bytes of payload; flags may follow, FIN, `SACK:3-4` and others. `SND` and `RCV` say which side looked. FILENAME `-` is
 * standard input.
 *
 * Packets go from 1.0.0.1, port 1, to 2.0.0.2, port 2, and back; the paint is 1 for what goes back. Both numbers are in annotations, and sequence numbers count the bytes of the
 * packets before. Other lines are skipped.
 */
import { ANNOTATIONS, defineElement, integer, type ControlHost, type Packet } from 'wirelet';
import { headerPacket, IP_BYTES, ipHeader, setChecksums, TCP_BYTES } from './summary/header-packet.js';
import { LineFile, type LineFileConfig } from './summary/line-file.js';
import { sampleHandler, stopHandler } from './summary/reader-handlers.js';
import { share, warnOfSample } from './summary/sample.js';
import { traceTextArguments } from './summary/trace-text.js';

const TCP = 6;
const [FIN, SYN, ACK] = [1, 2, 16];
const [NOP, SACK] = [1, 5];
const WINDOW = 0xffff;
/** Blocks of a SACK option: more have no room in the header. */
const BLOCKS_MAX = 4;
/** Bytes of a packet of which nothing is known. */
const PACKET_BYTES = 1460;
/** Packets whose sequence numbers are remembered. */
const PACKETS_MAX = 4_194_304;
const SOURCE = { address: 0x0100_0001, port: 1 };
const DESTINATION = { address: 0x0200_0002, port: 2 };
const LINE = /^(SYN|DAT|ACK)\s\s*([<>])\s*(\d+)(?:\.(\d+))?\s*(\d+)\s*(\d+)\s*(\d+)\s*(\d+)(.*)$/;
const FLAG = /^\s*(?:DSACK:(\d+)|(FIN)|FR|RTO|SACK((?::\d+-\d+)+)|SACK_NEW|SACK_REXMT|TIM)/;

interface Config extends LineFileConfig {
  readonly checksum: boolean;
  readonly sample: number;
  readonly aggregate: number;
}

/** Where packets begin in the sequence of bytes. */
class Sequence {
  /** By number in the sequence. */
  private readonly starts: (number | undefined)[] = [0];

  /** Where that packet begins; what is not known is taken to be as long as the packet before. */
  at(packet: number): number {
    const wanted = Math.min(packet, PACKETS_MAX);
    let known = wanted;
    while (this.starts[known] === undefined) known -= 1;
    const bytes = known > 0 ? this.starts[known]! - this.starts[known - 1]! : PACKET_BYTES;
    for (; known < wanted; known += 1) this.starts[known + 1] = this.starts[known]! + bytes;
    return this.starts[wanted]!;
  }

  /** As `at`, for a packet of so many bytes. */
  take(packet: number, bytes: number): number {
    const start = this.at(packet);
    if (packet < PACKETS_MAX) this.starts[packet + 1] = start + bytes;
    return start;
  }
}

class CapLines {
  /** Whether the receiver's side looked. */
  private isReceiver = false;
  private readonly sequence = new Sequence();

  constructor(private readonly config: Config) {}

  /** The packet of a line; undefined: it is about something else. */
  packetOf(line: string): Packet | undefined {
    const side = /^(SND|RCV)\s/.exec(line)?.[1];
    if (side !== undefined) this.isReceiver = side === 'RCV';
    const found = LINE.exec(line);
    if (found === null) return undefined;
    const [, kind, direction, seconds, fraction = '', unique, place, , payload, flags] = found as unknown as [string, string, string, string, string | undefined, string, string, string, string, string];
    const isBack = (direction === '>') === this.isReceiver;
    const data = this.headers(isBack);
    const options = this.readFlags(data, flags);
    options.forEach((byte, index) => (data[IP_BYTES + TCP_BYTES + index] = byte));
    const length = IP_BYTES + TCP_BYTES + options.length;
    data[IP_BYTES + 12] = ((TCP_BYTES + options.length) / 4) << 4;
    data.writeUInt16BE((length + Number(payload)) & 0xffff, 2);
    this.number(data, kind, Number(place), Number(payload), isBack);
    if (this.config.checksum) setChecksums(data, length);
    const time = { seconds: Number(seconds) >>> 0, nanoseconds: Number(fraction.slice(0, 6).padEnd(6, '0')) * 1000 };
    const packet = headerPacket(data, length, { time, extraLength: Number(payload), paint: isBack ? 1 : 0, aggregate: this.config.aggregate });
    packet.setAnnotationU32(ANNOTATIONS.packet_number.offset, Number(unique) >>> 0);
    packet.setAnnotationU32(ANNOTATIONS.sequence_number.offset, Number(place) >>> 0);
    return packet;
  }

  private headers(isBack: boolean): Buffer {
    const data = ipHeader(TCP);
    // Who looked is the source of what the sender sends, whichever side it is.
    const [from, to] = isBack !== this.isReceiver ? [DESTINATION, SOURCE] : [SOURCE, DESTINATION];
    data.writeUInt32BE(from.address, 12);
    data.writeUInt32BE(to.address, 16);
    data.writeUInt16BE(from.port, IP_BYTES);
    data.writeUInt16BE(to.port, IP_BYTES + 2);
    data.writeUInt16BE(WINDOW, IP_BYTES + 14);
    return data;
  }

  /** What follows the numbers: FIN is set, the options are returned. */
  private readFlags(data: Buffer, text: string): number[] {
    const options: number[] = [];
    for (let rest = text, found = FLAG.exec(rest); found !== null; rest = rest.slice(found[0].length), found = FLAG.exec(rest)) {
      const [, twice, fin, blocks] = found;
      if (fin !== undefined) data[IP_BYTES + 13] = FIN;
      const ranges = twice !== undefined ? [[Number(twice), Number(twice)]] : (blocks ?? '').split(':').slice(1, 1 + BLOCKS_MAX).map((block) => block.split('-').map(Number));
      if (ranges.length === 0 || options.length > 0) continue;
      options.push(NOP, NOP, SACK, 2 + 8 * ranges.length);
      for (const [first, last] of ranges) for (const edge of [this.sequence.at(first!), this.sequence.at(last! + 1)]) options.push((edge >>> 24) & 255, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255);
    }
    return options;
  }

  /** Sequence number, acknowledgement, and the flags that go with them. */
  private number(data: Buffer, kind: string, place: number, payload: number, isBack: boolean): void {
    const flags = data[IP_BYTES + 13]! | (kind === 'SYN' ? SYN : 0);
    const bytes = payload + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    const begin = kind === 'ACK' ? 0 : this.sequence.take(place, bytes);
    const isAnswer = kind !== 'SYN' || this.isReceiver !== isBack;
    data.writeUInt32BE((kind === 'DAT' ? begin : kind === 'ACK' ? 1 : 0) >>> 0, IP_BYTES + 4);
    data.writeUInt32BE((kind === 'ACK' ? this.sequence.at(place + 1) : isAnswer ? 1 : 0) >>> 0, IP_BYTES + 8);
    data[IP_BYTES + 13] = flags | (isAnswer ? ACK : 0);
  }
}

function reader(host: ControlHost<Config>): LineFile {
  const { sample } = host.config;
  const lines = new CapLines(host.config);
  return new LineFile(host, (reading) => ({ ...sampleHandler(sample), ...stopHandler(host, reading) })).reading((line) => {
    const packet = lines.packetOf(line);
    return packet !== undefined && (sample >= 1 || host.random() / 2 ** 32 < share(sample)) ? [packet] : [];
  });
}

export default defineElement({
  name: 'FromCapDump',
  config: {
    ...traceTextArguments,
    aggregate: integer({ default: 1, min: 0, max: 0xffff_ffff, keyword: true, doc: 'The aggregate annotation of the packets.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  build: ({ config, warn }) => warnOfSample(config.sample, warn),
  control: { reason: 'reads a file, which an appliance does not have', start: reader },
});
