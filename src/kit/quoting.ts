/** Click's strings: text and bytes with quotes and backslash escapes (click(5), "Strings"). */

/** Takes Click's quotes and backslash escapes off an argument (click(5), "Strings"). */
export function unquote(source: string): string {
  return Buffer.from(unquoteBytes(source)).toString('utf8');
}

/** As `unquote`, as bytes: single quotes are literal; in double quotes backslash escapes and `\<hex>`. */
export function unquoteBytes(source: string): Uint8Array {
  const parts: number[] = [];
  const pushText = (piece: string) => parts.push(...Buffer.from(piece, 'utf8'));
  let at = 0;
  let quoted: '"' | "'" | undefined;
  while (at < source.length) {
    const char = source[at]!;
    if (quoted === undefined && (char === '"' || char === "'")) {
      quoted = char;
    } else if (char === quoted) {
      quoted = undefined;
    } else if (char === '\\' && quoted !== "'") {
      if (source[at + 1] === '<') {
        const end = dataEnd(source, at);
        const hex = source.slice(at + 2, end < 0 ? undefined : end).replace(COMMENT, '').replace(/[^0-9a-f]/gi, '');
        for (let digit = 0; digit + 1 < hex.length; digit += 2) parts.push(parseInt(hex.slice(digit, digit + 2), 16));
        at = end < 0 ? source.length : end;
        continue;
      }
      if (quoted === '"') {
        const [bytes, taken] = escape(source, at);
        parts.push(...bytes);
        at += taken;
        continue;
      }
      pushText(char);
    } else {
      const code = source.codePointAt(at)!;
      const piece = String.fromCodePoint(code);
      pushText(piece);
      at += piece.length;
      continue;
    }
    at += 1;
  }
  return Uint8Array.from(parts);
}

const COMMENT = /\/\/[^\n\r]*|\/\*[\s\S]*?(\*\/|$)/g;

/** Behind the `>` of the `\<hex>` that begins at `at`: one within a comment does not count. -1: there is none. */
export function dataEnd(source: string, at: number): number {
  for (let seek = at + 2; seek < source.length; seek += 1) {
    if (source[seek] === '>') return seek + 1;
    if (source[seek] !== '/') continue;
    const line = source[seek + 1] === '/';
    if (!line && source[seek + 1] !== '*') continue;
    const end = line ? source.slice(seek).search(/[\n\r]/) : source.indexOf('*/', seek + 2) + 1 - seek;
    if (end <= 0) return -1;
    seek += end;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** The bytes of the backslash escape at `at`, and how many characters it takes. */
function escape(source: string, at: number): [number[], number] {
  const next = source[at + 1];
  if (next === undefined) return [[0x5c], 1];
  if (next === '\n') return [[], 2];
  const octal = /^[0-7]{1,3}/.exec(source.slice(at + 1, at + 4));
  if (octal !== null) return [[parseInt(octal[0], 8) & 0xff], 1 + octal[0].length];
  const hex = next === 'x' ? /^[0-9a-f]+/i.exec(source.slice(at + 2)) : null;
  if (hex !== null) return [[parseInt(hex[0].slice(-2), 16)], 2 + hex[0].length];
  const known = ESCAPES[next];
  return [known === undefined ? [...Buffer.from(next)] : [known], 2];
}

/** An argument as Click reads it back: quoted when it has anything but plain characters. */
export function quote(value: string): string {
  if (/^[\w.:/@!%*+<>=?^~-]+$/.test(value)) return value;
  return quoteBytes(Buffer.from(value));
}

/** Bytes in double quotes, whatever they are, as Click quotes them: `unquoteBytes` gives them back. */
export function quoteBytes(bytes: Uint8Array): string {
  return `"${formatData(bytes)}"`;
}

const SHORT_ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 0x22: '\\"', 0x24: '\\$', 0x5c: '\\\\' };

export function formatData(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) {
    const short = SHORT_ESCAPES[byte];
    if (short !== undefined) result += short;
    else if (byte >= 0x20 && byte < 0x7f) result += String.fromCharCode(byte);
    else result += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return result;
}
