/**
 * Makes packets of the lines of a file that ToIPSummaryDump wrote, or people: `!data ip_src sport ip_dst dport` says which fields the
 * lines have, each further line is a packet. FILENAME `-` is standard input.
 *
 * What a line does not say is zero, but for a TTL of 100; the protocol is PROTO. Packets have headers, and payload where a field has it; what the lengths
 * count beyond that is in the annotation for bytes that are not kept. Lines that begin with `#` are comments; `!flowid SRC SPORT DST DPORT
 * PROTO`, `!aggregate N` and `!proto P` hold for the lines that follow.
 */
import { bool, defineElement, filename, parsed, parseInteger, parseIpv4, text, type ControlHost, type ControlPart, type Packet, type Parsed } from 'wirelet';
import { FIELDS, fieldName } from './summary/fields.js';
import { numberOf } from './summary/field.js';
import { MINOR_VERSION, packetOfBytes, packetOfText } from './summary/line-packet.js';
import { whyNot } from './summary/output-file.js';
import { severalOf } from './summary/several-packets.js';
import type { FlowId, PacketBuilder } from './summary/packet-builder.js';
import { fieldNames, fieldWords, lineWords } from './summary/words.js';
import { activeHandler, fileHandlers, sampleHandler, shownName, stopHandler, type Reading } from './summary/reader-handlers.js';
import { lineAt } from './summary/text-line.js';
import { sampleArgument, share, warnOfSample } from './summary/sample.js';

const reason = 'reads a file, which an appliance does not have';
/** Packets that one line may stand for, with MULTIPACKET. */
const PACKETS_OF_A_LINE_MAX = 1_000_000;
/** Names in arguments and directives. */
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, t: 6, udp: 17, u: 17, icmp: 1, i: 1, igmp: 2, ipip: 4, dccp: 33, udplite: 136 };
/** What a file may begin with besides its banner. */
const BEGINNINGS = /^!(creator|data|contents|proto|flowid)/;
const PROTOCOL_LETTERS: Readonly<Record<string, number>> = { T: 6, U: 17, I: 1 };

interface Config {
  readonly filename: string;
  readonly stop: boolean;
  readonly timing: boolean;
  readonly checksum: boolean;
  readonly sample: number;
  readonly multipacket: boolean;
  readonly allow_nonexistent: boolean;
  readonly fields: string;
  readonly contents: string;
  readonly default_contents: string;
  readonly default_fields: string;
  readonly data: string;
  readonly flowid: string;
  readonly default_flowid: string;
}

class Reader implements ControlPart, Reading {
  private data: Buffer = Buffer.alloc(0);
  /** Where the next line or record begins, and the number of the last. */
  private at = 0;
  private line = 0;
  private isBinary = false;
  private names: (string | undefined)[] = [];
  private minorVersion = MINOR_VERSION;
  active: boolean;
  private proto: number;
  private flow: FlowId | undefined;
  private aggregate: number | undefined;
  private complained = false;
  private stopped = false;
  /** Packets of the last line that are still to come. */
  private readonly waiting: Packet[] = [];
  /** With TIMING: what is added to times of packets, in microseconds. */
  private shift: number | undefined;
  private readonly config: Config;
  readonly handlers;

  constructor(private readonly host: ControlHost) {
    const config = host.config as Config & { active: boolean; proto: number };
    this.config = config;
    this.active = config.active;
    this.proto = config.proto;
    const files = fileHandlers(host, config.data === '' ? config.filename : '<data>', () => this.at);
    this.handlers = {
      ...sampleHandler(config.sample),
      ...activeHandler(host, this),
      encap: { read: () => 'IP' },
      ...stopHandler(host, this),
      ...files,
      // At its end the file is closed.
      filesize: { read: () => (this.stopped ? '-' : files.filesize!.read!('')) },
    };
  }

  begin(): string | undefined {
    const { data } = this.host.built as { data: string };
    if (data !== '') this.data = Buffer.from(data);
    else {
      const { filename } = this.config;
      try {
        this.data = this.host.readFile(filename);
      } catch (error) {
        if (!this.config.allow_nonexistent || (error as NodeJS.ErrnoException).code !== 'ENOENT') return `${shownName(filename)}: ${whyNot(error)}`;
        return undefined;
      }
      if (this.data.length === 0) return `${shownName(filename)}:0: empty file`;
    }
    const names = [this.config.fields, this.config.contents, this.config.default_contents, this.config.default_fields].find((value) => value !== '');
    if (names !== undefined) this.setFields(fieldWords(names));
    const flow = this.config.flowid || this.config.default_flowid;
    if (flow !== '') this.setFlow(['!flowid', ...flow.trim().split(/\s+/)]);
    this.readBanner();
    return undefined;
  }

  private readBanner(): void {
    const line = this.nextLine()!;
    if (!line.startsWith('!IPSummaryDump')) {
      if (!BEGINNINGS.test(line) && this.names.length === 0) this.note('missing banner line; is this an IP summary dump?');
      [this.at, this.line] = [0, 0];
      return;
    }
    const version = /^ (\d+)\.(\d+)/.exec(line.slice(14));
    if (version === null) return;
    this.minorVersion = Number(version[2]);
    if (Number(version[1]) === 1 && this.minorVersion <= MINOR_VERSION) return;
    this.note(`unexpected IPSummaryDump version ${version[1]}.${version[2]}`);
    this.minorVersion = MINOR_VERSION;
  }

  /** The next line without its end; undefined: there is none. */
  private nextLine(): string | undefined {
    const found = lineAt(this.data, this.at);
    if (found !== undefined) [this.at, this.line] = [found.next, this.line + 1];
    return found?.text;
  }

  /** The next record: the bytes of a packet, or a line that begins with `!` or `#`; undefined: there is none. */
  private nextRecord(): Buffer | string | undefined {
    if (this.at + 4 > this.data.length) return undefined;
    const head = this.data.readUInt32BE(this.at);
    const size = head & 0x7fff_ffff;
    this.line += 1;
    if (size < 4 || this.at + size > this.data.length) {
      if (size < 4) this.complain('binary record too short');
      return undefined;
    }
    const record = this.data.subarray(this.at + 4, this.at + size);
    this.at += size;
    return head >= 0x8000_0000 ? record.toString('latin1').replace(/[\0\r\n]+$/, '') : record;
  }

  run(): boolean {
    if (!this.pushes()) return false;
    const packet = this.take();
    if (packet === null) return false;
    this.host.emit(0, packet);
    return true;
  }

  pull(): Packet | null {
    return this.take();
  }

  timer(): void {
    this.host.wake();
  }

  /** Whether the output is pushed: then this is a task. */
  private pushes(): boolean {
    return this.host.outputs.length > 0 && !this.host.pulled(0);
  }

  private take(): Packet | null {
    if (!this.active) return null;
    for (;;) {
      if (this.waiting.length === 0 && !this.read()) return null;
      const packet = this.waiting[0]!;
      if (!this.isDue(packet)) return null;
      this.waiting.shift();
      if (this.config.sample >= 1 || this.host.random() / 2 ** 32 < share(this.config.sample)) return packet;
    }
  }

  private isDue(packet: Packet): boolean {
    if (!this.config.timing) return true;
    const time = packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000);
    this.shift ??= this.host.microseconds - time;
    if (time + this.shift <= this.host.microseconds) return true;
    this.host.setTimer(time + this.shift);
    return false;
  }

  /** The packets of the next line that has some; false: the file is over. */
  private read(): boolean {
    for (;;) {
      const line = this.isBinary ? this.nextRecord() : this.nextLine();
      if (line === undefined) break;
      if (typeof line !== 'string') this.accept(packetOfBytes(this.names, line, this.defaults()), false);
      else if (line.startsWith('!')) this.direct(line);
      else if (line !== '' && !line.startsWith('#')) this.accept(this.packetOf(line), line.trim() === '');
      if (this.waiting.length > 0) return true;
    }
    if (!this.stopped && this.config.stop) this.host.adjustRunCount(-1);
    this.stopped = true;
    return false;
  }

  private defaults() {
    return { protocol: this.proto, flow: this.flow, aggregate: this.aggregate, minorVersion: this.minorVersion };
  }

  private packetOf(line: string): PacketBuilder | undefined {
    const words = lineWords(line);
    return packetOfText(this.names.flatMap((name, index) => (name === undefined ? [] : [{ name, text: words[index] ?? '' }])), this.defaults());
  }

  private direct(line: string): void {
    const words = lineWords(line);
    switch (/^(!\w+)\s/.exec(`${line}${this.isBinary || words.length === 1 ? ' ' : ''}`)?.[1]) {
      case '!data':
      case '!contents':
        return this.setFields(fieldWords(line).slice(1));
      case '!proto':
        return this.setProtocol(words, '!proto');
      case '!aggregate': {
        this.aggregate = words.length === 2 ? numberOf(words[1]!, 0xffff_ffff) : undefined;
        if (this.aggregate === undefined) this.complain('bad !aggregate specification');
        return;
      }
      case '!flowid':
        return this.setFlow(words);
      case '!binary':
        if (words.length !== 1) this.complain('bad !binary specification');
        this.isBinary = true;
        this.line = 0;
    }
  }

  private setFields(words: readonly string[]): void {
    this.names = words.map((word) => {
      const name = fieldName(word);
      if (name === undefined || FIELDS[name]!.input === undefined) this.complain(`unknown content type '${word}'`, 'warning: ');
      return name;
    });
    if (words.length === 0) this.complain('no contents specified');
  }

  private setFlow(words: readonly string[]): void {
    const [, source = '', sport = '', destination = '', dport = '', proto] = words;
    const port = (word: string) => (word === '-' ? 0 : numberOf(word, 0xffff));
    const address = (word: string) => (word === '-' ? 0 : parseIpv4(word));
    const [from, to, fromPort, toPort] = [address(source), address(destination), port(sport), port(dport)];
    this.flow = undefined;
    if (from === undefined || to === undefined || fromPort === undefined || toPort === undefined) return this.complain('bad !flowid specification');
    if (proto !== undefined) this.setProtocol(['!', proto], '!flowid');
    this.flow = { source: from, destination: to, sourcePort: fromPort, destinationPort: toPort };
  }

  private setProtocol(words: readonly string[], where: string): void {
    if (words.length !== 2) return this.complain(`bad ${where}`);
    const value = PROTOCOL_LETTERS[words[1]!] ?? PROTOCOLS[words[1]!] ?? numberOf(words[1]!, 255);
    if (value === undefined) return this.complain(`bad protocol in ${where}`);
    this.proto = value;
  }

  /** Puts a line's packets where they wait to be sent. */
  private accept(made: PacketBuilder | undefined, isBlank: boolean): void {
    if (made === undefined) {
      if (!this.complained && !isBlank) {
        this.complain(this.names.length === 0 ? "no '!data' provided" : 'packet parse error');
        this.complained = true;
      }
      return;
    }
    const packet = made.finish(this.config.checksum);
    const count = 1 + packet.annotationU32(24);
    if (!this.config.multipacket || count === 1) this.waiting.push(packet);
    else for (const one of severalOf(packet, Math.min(count, PACKETS_OF_A_LINE_MAX))) this.waiting.push(one);
  }

  private complain(what: string, kind = ''): void {
    this.host.message(`${this.place}: ${kind}${what}`);
  }

  /** A warning while it begins. */
  private note(what: string): void {
    this.host.note(`${this.place}: warning: ${what}`);
  }

  private get place(): string {
    const name = this.config.data !== '' ? '<data>' : shownName(this.config.filename);
    return `${name}:${this.isBinary ? 'record ' : ''}${this.line}`;
  }
}

function readProtocol(text: string): Parsed<number> {
  const value = PROTOCOLS[text.toLowerCase()] ?? parseInteger(text);
  return value !== undefined && value >= 0 && value <= 255 ? { value } : { error: `expected an IP protocol such as tcp, or its number, got "${text}"`, click: 'parse error' };
}

export default defineElement({
  name: 'FromIPSummaryDump',
  config: {
    filename: filename({ default: '', doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    timing: bool({ default: false, keyword: true, doc: 'Whether packets come with the time between them that their time stamps have.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Whether checksums are right.' }),
    sample: sampleArgument('The share of packets that are made.'),
    proto: parsed<number>('IP protocol', { default: 6, keyword: true, doc: 'The protocol of packets whose line does not say it: tcp, udp, icmp, or a number.' }, readProtocol, String),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a line with a count makes so many packets.' }),
    fields: fieldNames('Fields of the lines before the first !data.'),
    contents: fieldNames('Another name of FIELDS.'),
    default_contents: fieldNames('Another name of FIELDS.'),
    default_fields: fieldNames('Another name of FIELDS.'),
    flowid: text({ default: '', keyword: true, doc: 'SRC SPORT DST DPORT [PROTO] of lines that do not say it, before the first !flowid.' }),
    default_flowid: text({ default: '', keyword: true, doc: 'Another name of FLOWID.' }),
    allow_nonexistent: bool({ default: false, keyword: true, doc: 'Whether a file that is not there is an empty one.' }),
    data: text({ default: '', keyword: true, doc: 'The lines themselves, in place of a file.' }),
    mmap: { ...bool({ default: false, keyword: true, doc: 'Without effect: how the file is read.' }), foremost: true },
  },
  ports: { outputs: { out: 'The packets.' } },
  build({ config, fail, warn }) {
    warnOfSample(config.sample, warn);
    if (config.filename === '' && config.data === '') return fail('FILENAME: required argument missing');
    if (config.filename !== '' && config.data !== '') return fail('FILENAME and DATA conflict');
    return { data: config.data };
  },
  control: { reason, start: (host) => new Reader(host) },
});
