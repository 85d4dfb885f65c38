/**
 * Writes a line for each packet to a file, or to standard output where FILENAME is `-`: the fields that FIELDS names, such as
 * `timestamp ip_src sport ip_dst dport ip_proto`. What a packet does not have is `-`. FromIPSummaryDump reads such files.
 *
 * Lengths count the bytes of the annotations for what was cut off, `count` the packets that one stands for.
 */
import { hostname } from 'node:os';
import { bool, defineElement, many, quote, text, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { FIELDS, fieldName, type Field } from './summary/fields.js';
import { headersOf } from './summary/headers.js';
import { OutputFile } from './summary/output-file.js';
import { fieldWords } from './summary/words.js';

const reason = 'writes a file, which an appliance does not have';

interface Config {
  readonly filename: string;
  readonly verbose: boolean;
  readonly banner: string;
  readonly header: boolean;
  readonly multipacket: boolean;
  readonly bad_packets: boolean;
}

class Summary implements ControlPart {
  private file: OutputFile | undefined;
  private readonly config: Config;
  private readonly names: readonly string[];
  private readonly fields: readonly Field[];
  readonly handlers = { flush: { write: () => this.file?.flush() } };

  constructor(private readonly host: ControlHost) {
    this.config = host.config as Config;
    this.names = host.built.names;
    this.fields = this.names.map((name) => FIELDS[name]!);
  }

  begin(): string | undefined {
    const opened = OutputFile.open(this.config.filename, this.host.print);
    if (typeof opened === 'string') return opened;
    this.file = opened;
    if (!this.config.header) return undefined;
    const lines = ['!IPSummaryDump 1.3'];
    if (this.config.banner !== '') lines.push(`!creator ${quoted(this.config.banner)}`);
    if (this.config.verbose) {
      const seconds = this.host.microseconds / 1e6;
      lines.push(`!host ${hostname()}`, `!runtime ${seconds.toFixed(6)} (${new Date(seconds * 1000).toUTCString()})`);
    }
    lines.push(`!data ${this.names.join(' ')}`);
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

  /** Writes its line; or one for each packet that it stands for, with an equal share of the length. */
  private take(packet: Packet): void {
    const count = 1 + packet.annotationU32(24);
    if (!this.config.multipacket || this.names.includes('count') || count === 1) return this.line(packet);
    const copy = packet.clone();
    copy.setAnnotationU32(24, 0);
    let total = Math.max(packet.length + packet.annotationU32(28), count * packet.length);
    for (let left = count; left > 0; left -= 1) {
      const share = Math.trunc(total / left);
      copy.setAnnotationU32(28, share - packet.length);
      total -= share;
      this.line(copy);
    }
  }

  private line(packet: Packet): void {
    const headers = headersOf(packet);
    const line = this.config.bad_packets && headers.bad !== undefined ? `!bad ${headers.bad}` : this.fields.map((field) => field.write(headers) ?? '-').join(' ');
    this.file?.write(Buffer.from(`${line}\n`, 'latin1'));
  }
}

const quoted = (value: string): string => (quote(value).startsWith('"') ? quote(value) : `"${value}"`);

export default defineElement({
  name: 'ToIPSummaryDump',
  config: {
    filename: text({ doc: 'The file; - is standard output.' }),
    fields: text({ default: '', keyword: true, doc: 'Names of fields; timestamp ip_src unless given.' }),
    contents: text({ default: '', keyword: true, doc: 'Another name of FIELDS.' }),
    data: text({ default: '', keyword: true, doc: 'Another name of FIELDS.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Whether the file says where and when it was written.' }),
    header: bool({ default: true, keyword: true, doc: 'Whether the file begins with what it is and which fields it has.' }),
    banner: text({ default: '', keyword: true, doc: 'Who wrote it.' }),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a packet that stands for several has a line for each.' }),
    bad_packets: bool({ default: false, keyword: true, doc: 'Whether packets with wrong headers have a line that says so.' }),
    careful_trunc: bool({ default: true, keyword: true, doc: 'Without effect: packets are never read beyond what is kept.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Without effect: lengths always count what was cut off.' }),
    binary: bool({ default: false, keyword: true, doc: 'Not there: dumps are text.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: many('The same packets.', { max: 1 }) },
  build({ config, fail }) {
    if (config.binary) return fail('binary dumps are not written', 'Leave BINARY away: a text dump says the same.');
    const words = fieldWords([config.fields, config.contents, config.data].find((value) => value !== '') ?? 'timestamp ip_src');
    const wrong = words.filter((word) => fieldName(word) === undefined);
    if (wrong.length > 0) return fail(wrong.map((word) => `unknown content type '${word}'`).join('\n'), `There are ${Object.keys(FIELDS).join(', ')}.`);
    if (words.length === 0) return fail('no contents specified');
    return { names: words.map((word) => fieldName(word)!) };
  },
  control: { reason, start: (host) => new Summary(host) },
});
