/**
 * Writes packets to a capture in pcap format, their first SNAPLEN bytes, with the time stamps that they bear, or that of now for those without. FILENAME `-` is standard
 * output; names that end with .gz, .bz2 or .Z are compressed by gzip, bzip2 or compress at the end. Lengths count the bytes of the annotation for what was cut off.
 */
import { bool, defineElement, filename, integer, many, text, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { ETHERNET_LINK, linkOf } from './summary/link-type.js';
import { compressorOf, OutputFile, whyNot } from './summary/output-file.js';

interface Config {
  readonly filename: string;
  readonly snaplen: number;
  readonly encap: string;
  readonly extra_length: boolean;
  readonly unbuffered: boolean;
  readonly nano: boolean;
  readonly use_encap_from: string;
}

/** A file that is written, for one that goes on with it. */
interface Offer {
  readonly filename: string;
  readonly link: number;
  take(): OutputFile | undefined;
}

class Dump implements ControlPart {
  private file: OutputFile | undefined;
  /** What it goes on with, once it may. */
  private accepted: Offer | undefined;
  private count = 0;
  private link: number = ETHERNET_LINK;
  /** Whether the file can be written. */
  private isGood = true;
  private readonly config: Config;
  readonly handlers;

  constructor(private readonly host: ControlHost) {
    this.config = host.config as Config;
    this.handlers = {
      count: { read: () => String(this.count) },
      filename: { read: () => (this.config.filename === '-' ? '<stdout>' : this.config.filename) },
      reset_counts: { write: () => void (this.count = 0) },
      flush: { write: () => this.file?.flush() },
    };
  }

  begin(): string | undefined {
    const encaps: { name: string; encap: string }[] = [];
    for (const name of this.config.use_encap_from.split(/\s+/).filter((word) => word !== '')) {
      if (this.host.find(`${name}.encap`, 'read') === undefined) return `'${name}' has no 'encap' read handler`;
      encaps.push({ name, encap: this.host.read(`${name}.encap`).trim() });
    }
    const types = encaps.map(({ encap }) => linkOf(encap));
    const strange = types.findIndex((type) => type === undefined);
    if (strange >= 0) return `'${encaps[strange]!.name}.encap' did not return a valid encapsulation type`;
    if (new Set(types).size > 1) return `source encapsulation types disagree:\n${encaps.map(({ name, encap }) => `  ${this.declaration(name)} has ${encap}`).join('\n')}`;
    this.link = types[0] ?? linkOf(this.config.encap) ?? ETHERNET_LINK;
    const offer = this.host.offered as Offer | undefined;
    if (offer?.filename === this.config.filename && offer.link === this.link) {
      this.accepted = offer;
      return undefined;
    }
    const opened = OutputFile.open(this.config.filename, this.host.print, compressorOf(this.config.filename));
    if (typeof opened === 'string') return opened;
    this.file = opened;
    const header = Buffer.alloc(24);
    header.writeUInt32LE(this.config.nano ? 0xa1b2_3c4d : 0xa1b2_c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(this.config.snaplen === 0 ? 0xffff_ffff : this.config.snaplen, 16);
    header.writeUInt32LE(this.link, 20);
    opened.write(header);
    return undefined;
  }

  /** An element as Click declares it: a FromDump with its file. */
  private declaration(name: string): string {
    const found = this.host.find(`${name}.class`, 'read');
    if (found === undefined) return name;
    const className = this.host.read(`${name}.class`).trim();
    return `${name} :: ${className}${className === 'FromDump' ? `(${this.host.read(`${name}.filename`).trim()})` : ''}`;
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

  offer(): Offer {
    const take = () => {
      const { file } = this;
      this.file = undefined;
      return file;
    };
    return { filename: this.config.filename, link: this.link, take };
  }

  takeOver(): void {
    if (this.accepted !== undefined) this.file = this.accepted.take();
  }

  close(): void {
    const wrong = this.file?.close();
    if (wrong !== undefined) this.host.message(`${this.config.filename}: ${wrong}`);
  }

  private take(packet: Packet): void {
    if (!this.isGood) return;
    try {
      this.write(packet);
    } catch (error) {
      this.isGood = false;
      this.host.message(`ToDump(${this.config.filename}): ${whyNot(error)}`);
    }
  }

  private write(packet: Packet): void {
    const { snaplen, nano, extra_length: counts, unbuffered } = this.config;
    const kept = snaplen === 0 ? packet.length : Math.min(packet.length, snaplen);
    const record = Buffer.alloc(16 + kept);
    const now = packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0 ? this.host.microseconds : undefined;
    const nanoseconds = now === undefined ? packet.timestampNanoseconds : (now % 1e6) * 1000;
    record.writeUInt32LE(now === undefined ? packet.timestampSeconds : Math.trunc(now / 1e6), 0);
    record.writeUInt32LE(nano ? nanoseconds : Math.trunc(nanoseconds / 1000), 4);
    record.writeUInt32LE(kept, 8);
    record.writeUInt32LE(packet.length + (counts ? packet.annotationU32(28) : 0), 12);
    record.set(packet.data().subarray(0, kept), 16);
    this.file?.write(record);
    this.count += 1;
    if (unbuffered) this.file?.flush();
  }
}

export default defineElement({
  name: 'ToDump',
  config: {
    filename: filename({ doc: 'The file; - is standard output.' }),
    snaplen: integer({ default: 2000, doc: 'Bytes of each packet that are kept; 0: all.' }),
    encap: text({ default: '', doc: 'What packets begin with: ETHER, IP, FDDI, SLL and others, or # and a link type of the pcap registry; ETHER unless given.' }),
    use_encap_from: text({ default: '', keyword: true, doc: 'Elements such as FromDump that say what packets begin with.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Whether lengths count bytes that are not kept any more.' }),
    unbuffered: bool({ default: false, keyword: true, doc: 'Whether each packet is written at once.' }),
    nano: bool({ default: false, keyword: true, doc: 'Whether times are in nanoseconds.' }),
    per_node: bool({ default: false, keyword: true, doc: 'Without effect: there is one thread.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: many('The same packets.', { max: 1 }) },
  build({ config, elements, fail }) {
    const missing = config.use_encap_from.split(/\s+/).find((name) => name !== '' && elements.named(name) === undefined);
    if (missing !== undefined && config.encap === '') fail(`no element named '${missing}'`);
    if (config.encap !== '' && config.use_encap_from !== '') fail("specify at most one of 'ENCAP' and 'USE_ENCAP_FROM'");
    if (config.encap !== '' && linkOf(config.encap) === undefined) fail('bad encapsulation type');
    return undefined;
  },
  control: { reason: 'writes a file, which an appliance does not have', start: (host) => new Dump(host) },
});
