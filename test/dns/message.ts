/** DNS messages for tests: requests are written, responses read, without any of the code under test. */

export interface Request {
  readonly name: string;
  readonly type: number;
  readonly class?: number;
  readonly id?: number;
  readonly flags?: number;
  /** EDNS: bytes the asker takes, whether it wants DNSSEC records, version. */
  readonly edns?: { readonly size: number; readonly dnssec?: boolean; readonly version?: number; readonly options?: Buffer };
}

/** A name on the wire; labels are parted by dots, without escapes. */
export function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

const words = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >>> 8, value & 0xff]));

export function encodeRequest({ name, type, class: inClass = 1, id = 0x1234, flags = 0, edns }: Request): Buffer {
  const question = Buffer.concat([encodeName(name), words(type, inClass)]);
  const options = edns?.options ?? Buffer.alloc(0);
  const opt = edns && Buffer.concat([Buffer.from([0]), words(41, edns.size, edns.version ?? 0, edns.dnssec === true ? 0x8000 : 0, options.length), options]);
  return Buffer.concat([words(id, flags, 1, 0, 0, opt === undefined ? 0 : 1), question, opt ?? Buffer.alloc(0)]);
}

export interface Response {
  readonly id: number;
  readonly flags: number;
  /** With the upper bits that EDNS adds. */
  readonly rcode: number;
  /** As `name type class`, in the case it was sent in. */
  readonly questions: string[];
  /** Records as `name ttl type data`, in lower case, sorted. */
  readonly answer: string[];
  readonly authority: string[];
  readonly additional: string[];
  readonly edns?: { readonly size: number; readonly version: number; readonly dnssec: boolean };
  readonly length: number;
}

/** Reads a message; throws when it is malformed anywhere, or does not end where it should. */
export function decode(message: Buffer): Response {
  const reader = new Reader(message);
  const [id, flags, ...counts] = Array.from({ length: 6 }, () => reader.word()) as [number, number, number, number, number, number];
  const questions = Array.from({ length: counts[0] }, () => `${reader.name()} ${reader.word()} ${reader.word()}`);
  let edns: Response['edns'];
  let upper = 0;
  const section = (count: number) => {
    const records: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = reader.name().toLowerCase();
      const type = reader.word();
      const inClass = reader.word();
      const ttl = reader.long();
      const data = reader.data(type, reader.word());
      if (type !== 41) records.push(`${name} ${ttl} ${inClass === 1 ? '' : `class${inClass} `}${type} ${data}`);
      else {
        if (edns !== undefined || name !== '.') throw new Error('two OPT records, or one that is not of the root');
        edns = { size: inClass, version: (ttl >>> 16) & 0xff, dnssec: (ttl & 0x8000) !== 0 };
        upper = ttl >>> 24;
      }
    }
    return records.sort();
  };
  const [answer, authority, additional] = [section(counts[1]), section(counts[2]), section(counts[3])];
  if (reader.at !== message.length) throw new Error(`${message.length - reader.at} bytes follow the message`);
  return { id, flags, rcode: upper * 16 + (flags & 15), questions, answer, authority, additional, edns, length: message.length };
}

class Reader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  byte(): number {
    return this.word(1);
  }
  word(size = 2): number {
    if (this.at + size > this.bytes.length) throw new Error('the message is too short');
    this.at += size;
    return this.bytes.readUIntBE(this.at - size, size);
  }
  long(): number {
    return this.word(4);
  }

  name(): string {
    let name = '';
    let back = -1;
    for (;;) {
      const size = this.byte();
      if (size === 0) break;
      if (size >= 0xc0) {
        const to = ((size & 0x3f) << 8) | this.byte();
        // Only what lies before can be meant, so every name ends.
        if (to >= this.at - 2) throw new Error('a pointer leads forward');
        if (back < 0) back = this.at;
        this.at = to;
        continue;
      }
      if (size > 63) throw new Error('a label of an unknown kind');
      for (let index = 0; index < size; index += 1) {
        const char = String.fromCharCode(this.byte());
        name += /[\w*-]/.test(char) ? char : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`;
      }
      name += '.';
      if (name.length > 1100) throw new Error('a name is too long');
    }
    if (back >= 0) this.at = back;
    return name === '' ? '.' : name;
  }

  data(type: number, length: number): string {
    const end = this.at + length;
    const lead = { 2: 0, 5: 0, 6: 0, 12: 0, 15: 2, 33: 6 }[type];
    let text = '';
    if (lead !== undefined) {
      text = this.hex(lead);
      const names = type === 6 ? 2 : 1;
      for (let index = 0; index < names; index += 1) text += ` ${this.name().toLowerCase()}`;
    }
    if (this.at > end) throw new Error('the data is longer than it says');
    return `${text} ${this.hex(end - this.at)}`.trim();
  }

  private hex(length: number): string {
    if (this.at + length > this.bytes.length) throw new Error('the message is too short');
    this.at += length;
    return this.bytes.toString('hex', this.at - length, this.at);
  }
}
