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

/** What is wrong with a pattern, at a place in it. */
function mistake(error: string, offset: number, length: number, click?: string, hint?: string): ParseError {
  return { error, place: { offset, length: Math.max(1, length) }, hint, ...(click !== undefined && { click: `pattern %i: ${click}` }) };
}

/** The pattern that `text` writes; one that is empty matches every packet. Reading goes on behind what is wrong with digits, as Click's does. */
export function readBytePattern(text: string): Parsed<BytePattern> {
  const trimmed = text.trim();
  if (trimmed === '-' || trimmed === '') return { value: { text: trimmed, clauses: [] } };
  const clauses: Clause[] = [];
  const wrong: ParseError[] = [];
  for (let at = 0; at >= 0 && text.slice(at).trim() !== ''; ) {
    const clause = readClause(text, at);
    wrong.push(...clause.wrong);
    if (clause.clause !== undefined) clauses.push(clause.clause);
    at = clause.end;
  }
  if (wrong.length === 0) return { value: { text: trimmed, clauses } };
  return { ...wrong[0]!, ...(wrong[0]!.click !== undefined && { click: wrong.flatMap(({ click }) => click ?? []).join('\n') }) };
}

interface ReadClause {
  readonly clause?: Clause;
  readonly wrong: readonly ParseError[];
  /** Where the next one may begin; below 0: nothing more is read. */
  readonly end: number;
}

function readClause(text: string, from: number): ReadClause {
  const stop = (error: ParseError): ReadClause => ({ wrong: [error], end: -1 });
  const [begin, bang = '', offset = ''] = /^\s*(!?)\s*(\d*)/.exec(text.slice(from))!;
  let here = from + begin.length;
  const rest = /^\S*/.exec(text.slice(here))![0];
  if (offset === '') {
    const hint = rest === '-' ? 'A pattern of - stands alone.' : 'A clause is offset/value, such as 12/0800.';
    return stop(mistake(`expected the offset of a clause, got ${JSON.stringify(rest || 'nothing')}`, here, rest.length, 'expected a digit', hint));
  }
  if (Number(offset) >= FRAME_BYTES_MAX) return stop(mistake(`offset ${offset} is beyond the longest frame (${FRAME_BYTES_MAX} bytes)`, here - offset.length, offset.length));
  if (text[here] !== '/') return stop(mistake(`expected / after the offset ${offset}`, here, rest.length, "expected '/'", `Write ${offset}/ and the value in hex digits.`));
  here += 1;
  const [all, valueText = '', maskText] = /^([0-9a-f?]*)(?:%([0-9a-f?]*))?/i.exec(text.slice(here))!;
  const end = here + all.length;
  const wrong = [...wrongDigits(valueText, here, 'value'), ...wrongMask(valueText, maskText, here + valueText.length + 1)];
  const [value, known] = bytesOf(valueText);
  const mask = maskText === undefined ? known : bytesOf(maskText)[0];
  return { wrong, end, ...(wrong.length === 0 && { clause: { negated: bang !== '', offset: Number(offset), value, mask: known.map((bits, index) => bits & mask[index]!) } }) };
}

function wrongDigits(text: string, at: number, what: string): ParseError[] {
  if (text === '') return [mistake(`the ${what} is missing`, at, 1, 'value has less than 2 hex digits', 'Write it in hex digits, two for each byte.')];
  if (text.length % 2 === 0) return [];
  const click = text.length < 2 ? 'value has less than 2 hex digits' : 'value has odd number of hex digits';
  return [mistake(`the ${what} ${text} has an odd number of digits`, at, text.length, click, `Each byte takes two: write 0${text}, or ${text}? if the last four bits do not matter.`)];
}

/** Click takes one digit off a value with an odd number of them, and off its mask; of a value too short nothing is left, nor of its mask. */
function wrongMask(value: string, mask: string | undefined, at: number): ParseError[] {
  if (mask === undefined || mask.length === value.length || value.length < 2) return [];
  return [mistake(`the mask has ${mask.length} digits and the value ${value.length}`, at, mask.length, `mask has too ${mask.length > value.length ? 'many' : 'few'} hex digits`, 'Both must have the same number of digits.')];
}

/** Bytes of hex digits, and which of their bits are given: those of a `?` are not. */
function bytesOf(text: string): [number[], number[]] {
  const pairs = text.match(/../g) ?? [];
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
