/**
 * Domain names as zone files write them and as messages carry them (RFC 1035, 3.1 and 5.1). A name is the list of its
 * labels, the leftmost first, the root's empty one left out; each character of a label stands for one byte.
 */
export type Name = readonly string[];

/** Bytes of a label, and of a whole name on the wire (RFC 1035, 2.3.4). */
export const LABEL_BYTES_MAX = 63;
export const NAME_BYTES_MAX = 255;

export const ROOT: Name = [];

/** Bytes that the name takes in a message, without compression. */
export function wireLength(name: Name): number {
  return name.reduce((length, label) => length + 1 + label.length, 1);
}

/** The name as a message carries it, without compression. */
export function wireOf(name: Name): Uint8Array {
  return Buffer.from([...name, ''].map((label) => String.fromCharCode(label.length) + label).join(''), 'latin1');
}

/** ASCII letters in lower case: names that differ in nothing else are one name (RFC 4343). */
export function lowered(name: Name): Name {
  return name.map((label) => label.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
}

/** A text that is the same for names that are the same. */
export function keyOf(name: Name): string {
  return lowered(name).map((label) => String.fromCharCode(label.length) + label).join('');
}

/** Whether `name` is `ancestor` or below it. */
export function isWithin(name: Name, ancestor: Name): boolean {
  return name.length >= ancestor.length && keyOf(name.slice(name.length - ancestor.length)) === keyOf(ancestor);
}

export function isWildcard(name: Name): boolean {
  return name[0] === '*';
}

/** The name as a zone file writes it, with its last dot. */
export function formatName(name: Name): string {
  return name.length === 0 ? '.' : name.map((label) => `${[...label].map(formatByte).join('')}.`).join('');
}

function formatByte(char: string): string {
  const code = char.charCodeAt(0);
  if (code <= 0x20 || code >= 0x7f) return `\\${String(code).padStart(3, '0')}`;
  return /[.\\;()"@$]/.test(char) ? `\\${char}` : char;
}

/** What is wrong with a text, in place of its value. */
export interface Mistake {
  readonly mistake: string;
  readonly hint?: string;
}

export function isMistake(value: unknown): value is Mistake {
  return typeof value === 'object' && value !== null && 'mistake' in value;
}

/** One byte of a text: as it stands there, or escaped, when it is never a separator. */
export interface TextByte {
  readonly char: string;
  readonly escaped: boolean;
}

/** The bytes of a text with the escapes `\DDD` and `\X` taken off (RFC 1035, 5.1); other characters as UTF-8. */
export function textBytes(text: string): TextByte[] | Mistake {
  const bytes: TextByte[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '\\') {
      const char = String.fromCodePoint(text.codePointAt(at)!);
      for (const byte of Buffer.from(char, 'utf8')) bytes.push({ char: String.fromCharCode(byte), escaped: false });
      at += char.length - 1;
      continue;
    }
    const digits = /^\d+/.exec(text.slice(at + 1, at + 4))?.[0];
    if (digits === undefined) {
      if (at + 1 >= text.length) return { mistake: 'there is nothing behind the backslash' };
      const char = String.fromCodePoint(text.codePointAt(at + 1)!);
      for (const byte of Buffer.from(char, 'utf8')) bytes.push({ char: String.fromCharCode(byte), escaped: true });
      at += char.length;
      continue;
    }
    if (digits.length < 3 || Number(digits) > 255) return { mistake: `"\\${digits}" is no byte`, hint: 'A byte in decimal has three digits, \\000 to \\255.' };
    bytes.push({ char: String.fromCharCode(Number(digits)), escaped: true });
    at += 3;
  }
  return bytes;
}

/** Reads a name; one without a dot at its end is relative to `origin`. */
export function parseName(text: string, origin: Name): Name | Mistake {
  if (text === '@') return origin;
  if (text === '.') return ROOT;
  const bytes = textBytes(text);
  if (isMistake(bytes)) return bytes;
  const labels: string[] = [];
  let label = '';
  for (const { char, escaped } of bytes) {
    if (char !== '.' || escaped) {
      label += char;
      continue;
    }
    if (label === '') return { mistake: `the name "${text}" has an empty label`, hint: 'Two dots stand side by side, or one at the beginning.' };
    labels.push(label);
    label = '';
  }
  const name = label === '' ? labels : [...labels, label, ...origin];
  const long = name.find((part) => part.length > LABEL_BYTES_MAX);
  if (long !== undefined) return { mistake: `the label "${long}" has ${long.length} bytes; a label has at most ${LABEL_BYTES_MAX}` };
  const length = wireLength(name);
  if (length > NAME_BYTES_MAX) return { mistake: `the name "${text}" takes ${length} bytes; a name takes at most ${NAME_BYTES_MAX}` };
  if (name.length === 0) return { mistake: 'a name is missing' };
  return name;
}
