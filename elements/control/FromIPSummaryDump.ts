/**
 * Makes packets of the lines of a file that ToIPSummaryDump wrote, or people: `!data ip_src sport ip_dst dport` says which fields the
 * lines have, each further line is a packet. FILENAME `-` is standard input.
 *
 * What a line does not say is zero; the protocol is PROTO. Packets have headers, and payload where a field has it; what the lengths
 * count beyond that is in the annotation for bytes that are not kept. Lines that begin with `#` are comments; `!flowid SRC SPORT DST DPORT
 * PROTO`, `!aggregate N` and `!proto P` hold for the lines that follow.
 */
import { readFileSync } from 'node:fs';
import { bool, defineElement, parsed, parseInteger, parseIpv4, real, text, type ControlHost, type ControlPart, type Packet, type Parsed } from 'wirelet';
import { Draft } from './summary/draft.js';
import { FIELDS, fieldName } from './summary/fields.js';
import { whyNot } from './summary/output-file.js';
import { fieldWords, lineWords } from './summary/words.js';

const reason = 'reads a file, which an appliance does not have';
/** Packets that one line may stand for, with MULTIPACKET. */
const PACKETS_OF_A_LINE_MAX = 1_000_000;
/** Fields that others build upon come first. */
const FIRST = ['ip_fragoff', 'ip_proto', 'ip_tos', 'icmp_type'];

interface Config {
  readonly filename: string;
  readonly stop: boolean;
  readonly timing: boolean;
  readonly checksum: boolean;
  readonly sample: number;
  readonly multipacket: boolean;
  readonly allow_nonexistent: boolean;
  readonly flowid: string;
  readonly default_flowid: string;
}

class Reader implements ControlPart {
  private lines: string[] = [];
  private next = 0;
  private names: (string | undefined)[] = [];
  private active: boolean;
  private proto: number;
  private flow: Partial<Draft> = {};
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
    this.handlers = {
      sampling_prob: { read: () => String(config.sample) },
      active: {
        read: () => String(this.active),
        write: (value: string) => {
          this.active = /^(true|1|yes)$/i.test(value.trim());
          host.wake();
        },
      },
      encap: { read: () => 'IP' },
      filename: { read: () => config.filename },
      stop: {
        write: () => {
          this.active = false;
          host.adjustRunCount(-1);
        },
      },
    };
  }

  begin(): string | undefined {
    const { data, names } = this.host.built as { data: string; names: readonly string[] };
    let text = data;
    if (text === '') {
      const { filename } = this.config;
      try {
        text = readFileSync(filename === '-' ? 0 : filename, 'latin1');
      } catch (error) {
        if (this.config.allow_nonexistent && (error as NodeJS.ErrnoException).code === 'ENOENT') text = '!IPSummaryDump 1.3\n';
        else return `${filename}: ${whyNot(error)}`;
      }
      if (text === '') return `${filename}: empty file`;
    }
    const flow = this.config.flowid || this.config.default_flowid;
    if (flow !== '') this.setFlow(['!flowid', ...flow.trim().split(/\s+/)]);
    this.names = [...names];
    this.lines = text.split(/\r\n|\n|\r/);
    if (!/^!(IPSummaryDump|creator)/.test(this.lines[0]!) && names.length === 0 && data === '') this.complain('missing banner line; is this an IP summary dump?', 1, 'warning: ');
    return undefined;
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
      if (this.config.sample >= 1 || this.host.random() / 2 ** 32 < this.config.sample) return packet;
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
    while (this.next < this.lines.length) {
      const line = this.lines[this.next]!;
      this.next += 1;
      if (line.startsWith('!')) this.direct(line);
      else if (line.trim() !== '' && !line.startsWith('#')) this.waiting.push(...this.packetsOf(line));
      if (this.waiting.length > 0) return true;
    }
    if (!this.stopped && this.config.stop) this.host.adjustRunCount(-1);
    this.stopped = true;
    return false;
  }

  private direct(line: string): void {
    const words = lineWords(line);
    switch (words[0]) {
      case '!data':
      case '!contents':
        this.names = fieldWords(line).slice(1).map((word) => {
          const name = fieldName(word);
          if (name === undefined || FIELDS[name]!.read === undefined) this.complain(`unknown content type '${word}'`, this.next, 'warning: ');
          return name;
        });
        return;
      case '!proto':
        if (!this.setProtocol(words[1] ?? '')) this.complain('bad protocol in !proto');
        return;
      case '!aggregate':
        if (words.length !== 2 || !/^\d+$/.test(words[1]!)) return this.complain('bad !aggregate specification');
        this.flow = { ...this.flow, aggregate: Number(words[1]) };
        return;
      case '!flowid':
        return this.setFlow(words);
      case '!binary':
        this.complain('binary dumps are not read');
        this.next = this.lines.length;
    }
  }

  private setFlow(words: readonly string[]): void {
    const [, source = '', sport = '', destination = '', dport = '', proto] = words;
    const port = (word: string) => (word === '-' ? 0 : /^\d+$/.test(word) && Number(word) <= 0xffff ? Number(word) : undefined);
    const address = (word: string) => (word === '-' ? 0 : parseIpv4(word));
    const [from, to, fromPort, toPort] = [address(source), address(destination), port(sport), port(dport)];
    if (from === undefined || to === undefined || fromPort === undefined || toPort === undefined) return this.complain('bad !flowid specification');
    this.flow = { ...this.flow, source: from, destination: to, sourcePort: fromPort, destinationPort: toPort, hasTransport: true };
    if (proto !== undefined && !this.setProtocol(proto)) this.complain('bad protocol in !flowid');
  }

  private setProtocol(word: string): boolean {
    const draft = new Draft();
    if (!FIELDS['ip_proto']!.read!(word, draft)) return false;
    this.proto = draft.protocol!;
    return true;
  }

  private packetsOf(line: string): Packet[] {
    const draft = Object.assign(new Draft(), this.flow);
    const words = lineWords(line);
    if (words.length < this.names.length && !this.complained) {
      this.complained = true;
      this.complain(this.names.length === 0 ? "no '!data' provided" : 'packet parse error', this.next, 'warning: ');
    }
    const order = this.names.map((_, index) => index).sort((a, b) => rank(this.names[a]) - rank(this.names[b]));
    for (const index of order) {
      const [name, word] = [this.names[index], words[index]];
      if (name === undefined || word === undefined || word === '-') continue;
      if (FIELDS[name]!.read?.(word, draft) === false && !this.complained) {
        this.complained = true;
        this.complain('packet parse error', this.next, 'warning: ');
      }
    }
    const packet = draft.packet(this.proto, this.config.checksum);
    const count = this.config.multipacket ? Math.min(draft.count ?? 1, PACKETS_OF_A_LINE_MAX) : 1;
    if (count <= 1) return [packet];
    const total = packet.length + packet.annotationU32(28);
    return Array.from({ length: count }, (_, index) => {
      const copy = packet.clone();
      copy.setAnnotationU32(24, 0);
      const share = Math.trunc((total * (index + 1)) / count) - Math.trunc((total * index) / count);
      copy.setAnnotationU32(28, Math.max(0, share - packet.length));
      return copy;
    });
  }

  private complain(what: string, line = this.next, kind = ''): void {
    this.host.message(`${this.config.filename === '-' ? '<stdin>' : this.config.filename}:${line}: ${kind}${what}`);
  }
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, t: 6, udp: 17, u: 17, icmp: 1, i: 1 };

function readProtocol(text: string): Parsed<number> {
  const value = PROTOCOLS[text.toLowerCase()] ?? parseInteger(text);
  return value !== undefined && value >= 0 && value <= 255 ? { value } : { error: `expected an IP protocol such as tcp, or its number, got "${text}"`, click: 'parse error' };
}

function rank(name: string | undefined): number {
  const place = FIRST.indexOf(name ?? '');
  return place < 0 ? FIRST.length : place;
}

export default defineElement({
  name: 'FromIPSummaryDump',
  config: {
    filename: text({ default: '', doc: 'The file; - is standard input.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
    timing: bool({ default: false, keyword: true, doc: 'Whether packets come with the time between them that their time stamps have.' }),
    checksum: bool({ default: false, keyword: true, doc: 'Whether checksums are right.' }),
    sample: real({ default: 1, min: 0, max: 1, keyword: true, doc: 'The share of packets that are made.' }),
    proto: parsed<number>('IP protocol', { default: 6, keyword: true, doc: 'The protocol of packets whose line does not say it: tcp, udp, icmp, or a number.' }, readProtocol, String),
    multipacket: bool({ default: false, keyword: true, doc: 'Whether a line with a count makes so many packets.' }),
    fields: text({ default: '', keyword: true, doc: 'Fields of the lines before the first !data.' }),
    contents: text({ default: '', keyword: true, doc: 'Another name of FIELDS.' }),
    default_contents: text({ default: '', keyword: true, doc: 'Another name of FIELDS.' }),
    default_fields: text({ default: '', keyword: true, doc: 'Another name of FIELDS.' }),
    flowid: text({ default: '', keyword: true, doc: 'SRC SPORT DST DPORT [PROTO] of lines that do not say it, before the first !flowid.' }),
    default_flowid: text({ default: '', keyword: true, doc: 'Another name of FLOWID.' }),
    allow_nonexistent: bool({ default: false, keyword: true, doc: 'Whether a file that is not there is an empty one.' }),
    data: text({ default: '', keyword: true, doc: 'The lines themselves, in place of a file.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  build({ config, fail }) {
    if (config.filename === '' && config.data === '') return fail('FILENAME is missing');
    const words = fieldWords([config.fields, config.contents, config.default_contents, config.default_fields].find((value) => value !== '') ?? '');
    const wrong = words.filter((word) => fieldName(word) === undefined);
    if (wrong.length > 0) return fail(wrong.map((word) => `unknown content type '${word}'`).join('\n'), `There are ${Object.keys(FIELDS).join(', ')}.`);
    return { names: words.map((word) => fieldName(word)!), data: config.data };
  },
  control: { reason, start: (host) => new Reader(host) },
});
