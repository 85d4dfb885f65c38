/**
 * Classifier's patterns: `12/0806 20/0001`, as Click documents them (elements/standard/classifier.hh).
 * A clause is `[!]offset/value[%mask]`; the offset is decimal, value and mask are hex digits in pairs, and
 * `?` stands for four bits that do not matter. `-` alone matches every packet.
 */
import { parsed, type Kind, type ParseError, type Parsed } from '../config.js';
import { FRAME_BYTES_MAX } from '../limits.js';
import { and, not, test, type Expression, type Rule } from './expression.js';

export interface Clause {
  readonly negated: boolean;
  /** Bytes from the start of the data. */
  readonly offset: number;
  readonly value: readonly number[];
  /** Bits that matter, for each byte of `value`. */
  readonly mask: readonly number[];
}

export interface BytePattern {
  readonly text: string;
  /** All must hold; none at all is `-`. */
  readonly clauses: readonly Clause[];
}

/** The argument kind of Classifier. */
export function bytePattern(options: { doc: string }): Kind<BytePattern> {
  return parsed('byte pattern', options, readBytePattern, ({ text }) => text);
}

class PatternError extends Error {
  constructor(
    readonly wrong: string,
    readonly offset: number,
    readonly length: number,
    readonly hint?: string,
    /** What Click says of it. */
    readonly click?: string,
  ) {
    super(wrong);
  }
}

/** The pattern that `text` writes. */
export function readBytePattern(text: string): Parsed<BytePattern> {
  const trimmed = text.trim();
  if (trimmed === '-') return { value: { text: trimmed, clauses: [] } };
  try {
    const clauses = [...text.matchAll(/!\s*\S*|\S+/g)].map((match) => readClause(match[0], match.index));
    if (clauses.length === 0) throw new PatternError('the pattern is empty', 0, text.length, 'Write - for a pattern that matches every packet.');
    return { value: { text: trimmed, clauses } };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { offset, length, hint, click } = error;
    const failure: ParseError = { error: error.wrong, place: { offset, length: Math.max(1, length) }, hint, ...(click !== undefined && { click: `pattern %i: ${click}` }) };
    return failure;
  }
}

function readClause(text: string, at: number): Clause {
  const [, bang = '', offset = ''] = /^(!?\s*)(\d*)/.exec(text)!;
  let here = bang.length;
  if (offset === '') {
    const hint = text === '-' ? 'A pattern of - stands alone.' : 'A clause is offset/value, such as 12/0800.';
    throw new PatternError(`expected the offset of a clause, got ${JSON.stringify(text.slice(here) || 'nothing')}`, at + here, text.length - here, hint, 'expected a digit');
  }
  if (Number(offset) >= FRAME_BYTES_MAX) {
    throw new PatternError(`offset ${offset} is beyond the longest frame (${FRAME_BYTES_MAX} bytes)`, at + here, offset.length);
  }
  here += offset.length;
  if (text[here] !== '/') {
    throw new PatternError(`expected / after the offset ${offset}`, at + here, text.length - here, `Write ${offset}/ and the value in hex digits.`, "expected '/'");
  }
  const [valueText = '', maskText, more] = text.slice(here + 1).split('%');
  here += 1;
  const [value, known] = readDigits(valueText, at + here, 'value');
  if (maskText === undefined) return { negated: bang !== '', offset: Number(offset), value, mask: known };
  here += valueText.length + 1;
  if (more !== undefined) throw new PatternError('a clause has one mask', at + here + maskText.length, more.length + 1);
  const [mask] = readDigits(maskText, at + here, 'mask');
  if (mask.length !== value.length) {
    throw new PatternError(`the mask has ${maskText.length} digits and the value ${valueText.length}`, at + here, maskText.length, 'Both must have the same number of digits.', `mask has too ${mask.length > value.length ? 'many' : 'few'} hex digits`);
  }
  return { negated: bang !== '', offset: Number(offset), value, mask: known.map((bits, index) => bits & mask[index]!) };
}

/** Bytes of hex digits, and which of their bits are given: those of a `?` are not. */
function readDigits(text: string, at: number, what: string): [number[], number[]] {
  const bad = /[^0-9a-f?]/i.exec(text);
  if (bad !== null) {
    throw new PatternError(`expected a hex digit or ? in the ${what}, got ${JSON.stringify(bad[0])}`, at + bad.index, 1);
  }
  if (text === '' || text.length % 2 !== 0) {
    throw new PatternError(
      text === '' ? `the ${what} is missing` : `the ${what} ${text} has an odd number of digits`, at, text.length,
      text === '' ? 'Write it in hex digits, two for each byte.' : `Each byte takes two: write 0${text}, or ${text}? if the last four bits do not matter.`,
      what === 'value' ? (text.length < 2 ? 'value has less than 2 hex digits' : 'value has odd number of hex digits') : undefined,
    );
  }
  const pairs = text.match(/../g)!;
  const bits = (digit: string) => (digit === '?' ? 0 : 0xf);
  const digitValue = (digit: string) => (digit === '?' ? 0 : parseInt(digit, 16));
  return [
    pairs.map(([high, low]) => (digitValue(high!) << 4) | digitValue(low!)),
    pairs.map(([high, low]) => (bits(high!) << 4) | bits(low!)),
  ];
}

/** Rules that give the first matching pattern's number, counted from 0. */
export function bytePatternRules(patterns: readonly BytePattern[]): Rule[] {
  const cuts = wordsOf(patterns);
  return patterns.map(({ clauses }, index) => ({
    condition: and(...clauses.map((clause) => clauseExpression(clause, cuts))),
    class: index,
  }));
}

/**
 * Where words begin: at every edge of a run of bytes that some clause looks at. Then two clauses that
 * look at the same byte look at the same word.
 */
function wordsOf(patterns: readonly BytePattern[]): ReadonlySet<number> {
  const edges = new Set<number>();
  for (const { offset, mask } of patterns.flatMap(({ clauses }) => clauses)) {
    for (let at = 0; at <= mask.length; at += 1) {
      if ((mask[at - 1] ?? 0) === 0 !== ((mask[at] ?? 0) === 0)) edges.add(offset + at);
    }
  }
  return edges;
}

function clauseExpression({ negated, offset, value, mask }: Clause, cuts: ReadonlySet<number>): Expression {
  const words: Expression[] = [];
  for (let from = 0; from < value.length; ) {
    let to = from + 1;
    while (to < value.length && to - from < 4 && !cuts.has(offset + to)) to += 1;
    const bits = wordOf(mask.slice(from, to));
    const wanted = wordOf(value.slice(from, to).map((byte, index) => byte & mask[from + index]!));
    if (bits !== 0) words.push(test('start', offset + from, to - from, wanted, wanted, bits));
    from = to;
  }
  return negated ? not(and(...words)) : and(...words);
}

function wordOf(bytes: readonly number[]): number {
  return bytes.reduce((word, byte) => word * 256 + byte, 0);
}
