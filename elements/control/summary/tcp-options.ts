/** TCP options as text, `mss1460;sackok;ts1:2;nop;wscale5`, both ways (RFC 9293, 3.2; RFC 7323; RFC 2018). */
import { u16, u32 } from './summarized.js';

const [END, NOP, MSS, WSCALE, SACK_OK, SACK, TIMESTAMP] = [0, 1, 2, 3, 4, 5, 8];
const SIZES: Readonly<Record<number, number>> = { [MSS!]: 4, [WSCALE!]: 3, [SACK_OK!]: 2, [TIMESTAMP!]: 10 };
const OPTIONS_BYTES_MAX = 40;

export type Which = 'all' | 'not-timestamps' | 'sack';

/** The options that are meant, without padding, as far as they are well-formed. */
export function chosenOptions(options: Uint8Array, which: Which): Uint8Array {
  const chosen: number[] = [];
  for (let at = 0; at < options.length && options[at] !== END; ) {
    const kind = options[at]!;
    const size = kind === NOP ? 1 : (options[at + 1] ?? 0);
    if (kind !== NOP && (size < 2 || at + size > options.length)) break;
    if (kind !== NOP && isMeant(kind, which)) chosen.push(...options.subarray(at, at + size));
    at += size;
  }
  return Uint8Array.from(chosen);
}

const isMeant = (kind: number, which: Which): boolean => which === 'all' || (which === 'sack' ? kind === SACK_OK || kind === SACK : kind !== TIMESTAMP);

/** `.` without options, `?` when they are malformed. Padding is not shown. */
export function tcpOptionsText(options: Uint8Array, which: Which): string {
  const found: string[] = [];
  for (let at = 0; at < options.length; ) {
    const kind = options[at]!;
    if (kind === END) break;
    if (kind === NOP) {
      at += 1;
      continue;
    }
    const size = options[at + 1] ?? 0;
    if (size < 2 || at + size > options.length || (SIZES[kind] ?? size) !== size || (kind === SACK && size % 8 !== 2)) return '?';
    const text = optionText(kind, options.subarray(at, at + size));
    if (isMeant(kind, which)) found.push(...text);
    at += size;
  }
  return found.length === 0 ? '.' : found.join(';');
}

function optionText(kind: number, option: Uint8Array): string[] {
  switch (kind) {
    case MSS:
      return [`mss${u16(option, 2)}`];
    case WSCALE:
      return [`wscale${option[2]}`];
    case SACK_OK:
      return ['sackok'];
    case SACK:
      return Array.from({ length: (option.length - 2) / 8 }, (_, index) => `sack${u32(option, 2 + index * 8)}-${u32(option, 6 + index * 8)}`);
    case TIMESTAMP:
      return [`ts${u32(option, 2)}:${u32(option, 6)}`];
    default:
      return [option.length === 2 ? String(kind) : `${kind}=${[...option.subarray(2)].join(':')}`];
  }
}

const word = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** The bytes of such a text; undefined: it is none, or names options of another kind. */
export function readTcpOptions(text: string, which: Which): Uint8Array | undefined {
  if (text === '.' || text === '') return new Uint8Array();
  const bytes: number[] = [];
  const parts = text.split(/[;,]/);
  // Blocks of SACK with a comma between them are one option.
  const separators = text.match(/[;,]/g) ?? [];
  let block = -1;
  for (const [index, part] of parts.entries()) {
    if (!isOf(part, which)) return undefined;
    const numbers = (part.match(/\d+/g) ?? []).map(Number);
    const [a = 0, b = 0] = numbers;
    if (/^sack\d+[-:]\d+$/.test(part)) {
      if (block < 0 || separators[index - 1] !== ',') {
        block = bytes.length;
        bytes.push(SACK!, 2);
      }
      bytes.push(...word(a), ...word(b));
      bytes[block + 1]! += 8;
      continue;
    }
    block = -1;
    if (/^mss\d+$/.test(part) && a <= 0xffff) bytes.push(MSS!, 4, a >>> 8, a & 255);
    else if (/^wscale\d+$/.test(part) && a <= 255) bytes.push(WSCALE!, 3, a);
    else if (part === 'sackok') bytes.push(SACK_OK!, 2);
    else if (/^ts\d+:\d+$/.test(part)) bytes.push(...(bytes.length === 0 ? [NOP!, NOP!] : []), TIMESTAMP!, 10, ...word(a), ...word(b));
    else if (part === 'nop') bytes.push(NOP!);
    else if (part === 'eol') bytes.push(END!);
    else if (/^\d+(=\d+(:\d+)*)?$/.test(part) && numbers.every((value) => value <= 255)) bytes.push(a, ...(numbers.length > 1 ? [numbers.length + 1, ...numbers.slice(1)] : []));
    else return undefined;
  }
  while (bytes.length > OPTIONS_BYTES_MAX && bytes[0] === NOP) bytes.shift();
  return bytes.length <= OPTIONS_BYTES_MAX ? Uint8Array.from(bytes) : undefined;
}

function isOf(part: string, which: Which): boolean {
  if (which === 'sack') return part.startsWith('sack');
  return which === 'all' || !/^(ts|nop$|eol$)/.test(part);
}
