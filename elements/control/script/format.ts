/** `sprintf`: a format of C and words for its directives. */
import { HandlerError, splitWord, splitWords, unquote } from 'wirelet';
import { readInteger, readReal } from './numbers.js';

const DIRECTIVE = /%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|L|q)?([a-zA-Z%])/g;

interface Layout {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

/** The first word of `text` is the format, the others what it formats. */
export function formatted(text: string): string {
  const [first, rest] = splitWord(text);
  const words = splitWords(rest);
  const next = () => {
    const word = words.shift();
    if (word === undefined) throw new HandlerError('syntax error');
    return word;
  };
  const size = (given: string | undefined) => (given === '*' ? integerOf(next()) : given === undefined ? undefined : BigInt(given));
  const format = unquote(first);
  if (format.replace(DIRECTIVE, '').includes('%')) throw new HandlerError('syntax error');
  const result = format.replace(DIRECTIVE, (whole, flags: string, width: string | undefined, precision: string | undefined, bits: string | undefined, kind: string) => {
    const wide = size(width) ?? 0n;
    const layout: Layout = {
      flags: wide < 0n ? `${flags}-` : flags,
      width: Math.min(4096, Number(wide < 0n ? -wide : wide)),
      precision: whole.includes('.') ? Math.min(4096, Number(size(precision) ?? 0n)) : undefined,
    };
    return directive(kind, layout, bits, next);
  });
  if (words.length > 0) throw new HandlerError('syntax error');
  return result;
}

function directive(kind: string, layout: Layout, bits: string | undefined, next: () => string): string {
  const size = bits === 'h' ? 16 : bits === 'hh' ? 8 : 64;
  switch (kind) {
    case '%':
      return '%';
    case 's': {
      const text = unquote(next());
      return padded(layout.precision === undefined ? text : text.slice(0, layout.precision), layout, false);
    }
    case 'd':
    case 'i': {
      const value = BigInt.asIntN(size, integerOf(next()));
      return integerText(value < 0n ? -value : value, value < 0n, 10, '', layout);
    }
    case 'u':
      return integerText(BigInt.asUintN(size, integerOf(next())), undefined, 10, '', layout);
    case 'o':
      return integerText(BigInt.asUintN(size, integerOf(next())), undefined, 8, '0', layout);
    case 'x':
      return integerText(BigInt.asUintN(size, integerOf(next())), undefined, 16, '0x', layout);
    case 'X':
      return integerText(BigInt.asUintN(size, integerOf(next())), undefined, 16, '0x', layout).toUpperCase();
    case 'f':
    case 'e':
    case 'g': {
      const value = readReal(next());
      if (value === undefined) throw new HandlerError('syntax error');
      return realText(value, kind, layout);
    }
    default:
      throw new HandlerError('syntax error');
  }
}

function integerOf(word: string): bigint {
  const value = readInteger(word);
  if (value === undefined) throw new HandlerError('syntax error');
  return value;
}

/** `negative` undefined: the kind of number has no sign. */
function integerText(value: bigint, negative: boolean | undefined, base: number, prefix: string, layout: Layout): string {
  const digits = value.toString(base).padStart(layout.precision ?? 1, '0');
  const sign = negative === undefined ? '' : signOf(negative, layout);
  const mark = layout.flags.includes('#') && value !== 0n ? prefix : '';
  return padded(sign + mark + digits, layout, layout.precision === undefined, (sign + mark).length);
}

function signOf(negative: boolean, { flags }: Layout): string {
  if (negative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function realText(value: number, kind: string, layout: Layout): string {
  const precision = Math.min(100, layout.precision ?? 6);
  const size = Math.abs(value);
  const plain = kind === 'f' ? size.toFixed(precision) : kind === 'e' ? size.toExponential(precision) : String(Number(size.toPrecision(Math.max(1, precision))));
  const digits = plain.replace(/e([+-])(\d)$/, 'e$10$2');
  const sign = signOf(value < 0, layout);
  return padded(sign + digits, layout, true, sign.length);
}

/** Zeros go between the sign and the digits. */
function padded(text: string, { flags, width }: Layout, zeros: boolean, lead = 0): string {
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (zeros && flags.includes('0')) return text.slice(0, lead) + text.slice(lead).padStart(width - lead, '0');
  return text.padStart(width);
}
