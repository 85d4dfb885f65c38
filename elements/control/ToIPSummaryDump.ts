/**
 * Writes a line for each packet to a file, or to standard output where FILENAME is `-`: the fields that FIELDS names, such as
 * `timestamp ip_src sport ip_dst dport ip_proto`. What a packet does not have is `-`. FromIPSummaryDump reads such files.
 *
 * Lengths count the bytes of the annotations for what was cut off, `count` the packets that one stands for.
 */
import { hostname } from 'node:os';
import { bool, defineElement, filename, many, quoteBytes, string, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { stampText } from './summary/annotation-fields.js';
import { fieldBytes, fieldText, type Field } from './summary/field.js';
import { FIELDS, fieldName, nameInHeader } from './summary/fields.js';
import { OutputFile } from './summary/output-file.js';
import { record } from './summary/record.js';
import { Summarized } from './summary/summarized.js';
import { fieldNames, fieldWords } from './summary/words.js';

const reason = 'writes a file, which an appliance does not have';

interface Config {
  readonly filename: string;
  readonly verbose: boolean;
  readonly banner: string;
  readonly header: boolean;
  readonly multipacket: boolean;
  readonly bad_packets: boolean;
  readonly careful_trunc: boolean;
  readonly extra_length: boolean;
  readonly binary: boolean;
}

class Summary implements ControlPart {
  private file: OutputFile | undefined;
  private readonly config: Config;
  private readonly names: readonly string[];
  private readonly fields: readonly Field[];
  private readonly asksForIp: boolean;
  readonly handlers = { flush: { write: () => this.file?.flush() } };

  constructor(private readonly host: ControlHost) {
    this.config = host.config as Config;
    this.names = host.built.names;
    this.fields = this.names.map((name) => FIELDS[name]!);
    this.asksForIp = this.fields.some(({ isBelowIp = false }) => !isBelowIp);
  }

  begin(): string | undefined {
    const opened = OutputFile.open(this.config.filename, this.host.print);
    if (typeof opened === 'string') return opened;
    this.file = opened;
    if (!this.config.header) return undefined;
    const lines = ['!IPSummaryDump 1.3'];
    if (this.config.banner !== '') lines.push(`!creator ${quoteBytes(Buffer.from(this.config.banner))}`);
    if (this.config.verbose) {
      const [seconds, nanoseconds] = [Math.trunc(this.host.microseconds / 1e6), (this.host.microseconds % 1e6) * 1000];
      lines.push(`!host ${hostname()}`, `!runtime ${stampText({ seconds, nanoseconds })} (${calendarText(new Date(seconds * 1000))})`);
    }
    lines.push(`!data ${this.names.map((name) => nameInHeader(name, this.config.binary)).join(' ')}`);
    if (this.config.binary) lines.push('!binary');
    opened.write(Buffer.from(`${lines.join('\n')}\n`));
    return undefined;
  }

  process(packet: Packet) {
    this.take(packet);
    return this.host.verdict(0, packet);
  }

  run(): boolean {
    const packet = this.host.pull(0);
    if (packet === null) return false;
    this.take(packet);
    if (this.host.outputs.length > 0) this.host.emit(0, packet);
    return true;
  }

  pull(): Packet | null {
    const packet = this.host.pull(0);
    if (packet !== null) this.take(packet);
    return packet;
  }

  close(): void {
    this.file?.close();
  }

  /** Writes its line; or one for each packet that it stands for, with an equal share of the length, at even times. */
  private take(packet: Packet): void {
    const count = 1 + packet.annotationU32(24);
    if (!this.config.multipacket || this.names.includes('count') || count === 1) return this.line(packet);
    const copy = packet.clone();
    const nanoseconds = (seconds: number, rest: number) => BigInt(seconds) * 1_000_000_000n + BigInt(rest);
    const [first, end] = [nanoseconds(packet.annotationU32(32), packet.annotationU32(36)), nanoseconds(packet.timestampSeconds, packet.timestampNanoseconds)];
    const step = first === 0n ? 0n : (end - first) / BigInt(count - 1);
    let total = Math.max(packet.length + (this.config.extra_length ? packet.annotationU32(28) : 0), count * packet.length);
    copy.setAnnotationU32(24, 0);
    for (let left = count; left > 0; left -= 1) {
      const share = Math.trunc(total / left);
      const time = left === 1 || first === 0n ? end : first + step * BigInt(count - left);
      copy.timestampSeconds = Number(time / 1_000_000_000n);
      copy.timestampNanoseconds = Number(time % 1_000_000_000n);
      copy.setAnnotationU32(28, share - packet.length);
      total -= share;
      this.line(copy);
    }
  }

  private line(packet: Packet): void {
    const { binary, careful_trunc, extra_length, bad_packets } = this.config;
    const summarized = new Summarized(packet, careful_trunc, extra_length, this.asksForIp);
    const body = binary ? Buffer.concat(this.fields.map((field) => fieldBytes(field, summarized))) : Buffer.from(`${this.fields.map((field) => fieldText(field, summarized)).join(' ')}\n`, 'latin1');
    if (bad_packets && summarized.bad !== undefined) this.note(`${summarized.bad}\n`);
    if (binary) this.file?.write(record(body, false));
    else this.file?.write(body);
  }

  /** A line that is no packet's. */
  private note(text: string): void {
    this.file?.write(this.config.binary ? record(Buffer.from(text), true) : Buffer.from(text));
  }
}

/** A time as C's ctime writes it. */
function calendarText(date: Date): string {
  const [week, month, day, year] = date.toDateString().split(' ');
  return `${week} ${month} ${String(Number(day)).padStart(2)} ${date.toTimeString().slice(0, 8)} ${year}`;
}

export default defineElement({
  name: 'ToIPSummaryDump',
  config: {
    filename: filename({ doc: 'The file; - is standard output.' }),
    fields: fieldNames('Names of fields; timestamp ip_src unless given.'),
    contents: fieldNames('Another name of FIELDS.'),
    data: fieldNames('Another name of FIELDS.'),
    verbose: bool({ default: false, keyword: true, doc: 'Whether the file says where and when it was written.' }),
    header: bool({ default: true, keyword: true, doc: 'Whether the file begins with what it is and which fields it has.' }),
    banner: string({ default: '', keyword: true, doc: 'Who wrote it.' }),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a packet that stands for several has a line for each.' }),
    bad_packets: bool({ default: false, keyword: true, doc: 'Whether packets with wrong headers have a line that says so.' }),
    careful_trunc: bool({ default: true, keyword: true, doc: 'Whether packets are bad whose bytes, with those that are known not to be kept, are fewer than the IP header says.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Whether lengths count what is known not to be kept.' }),
    binary: bool({ default: false, keyword: true, doc: 'Whether packets are records of bytes, which take less room than lines.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: many('The same packets.', { max: 1 }) },
  build({ config, fail }) {
    const words = fieldWords([config.fields, config.contents, config.data].find((value) => value !== '') ?? 'timestamp ip_src');
    const isKnown = (word: string) => fieldName(word) !== undefined;
    const wrong = words.flatMap((word) => {
      if (!isKnown(word)) return [`unknown content type '${word}'`];
      return config.binary && FIELDS[fieldName(word)!]!.size === undefined ? [`cannot use field ${word} with BINARY`] : [];
    });
    if (!words.some(isKnown)) wrong.push('no contents specified');
    if (wrong.length > 0) return fail(wrong.join('\n'), words.every(isKnown) ? undefined : `There are ${Object.keys(FIELDS).join(', ')}.`);
    return { names: words.map((word) => fieldName(word)!) };
  },
  control: { reason, start: (host) => new Summary(host) },
});
