/** What scripts can compute: handlers that take their arguments as a parameter (Script's manual page, "handlers"). */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { booleanValue, HandlerError, quoteBytes, splitWord, splitWords, systemMessage, unquote, type ControlHost } from 'wirelet';
import { formatted } from './format.js';
import { numberText, readInteger, readReal } from './numbers.js';

type Function = (text: string, host: ControlHost) => string;

/** Sums and the like: of integers as long as all are, else of real numbers. */
function fold(integers: (a: bigint, b: bigint) => bigint, reals: (a: number, b: number) => number, empty: bigint): Function {
  return (text) => {
    const words = splitWords(text);
    const whole = words.map(readInteger);
    if (whole.every((value) => value !== undefined)) return numberText(words.length === 0 ? empty : whole.reduce((a, b) => integers(a, b)));
    return numberText(words.map(realOf).reduce((a, b) => reals(a, b)));
  };
}

function quotient(text: string): number {
  const words = splitWords(text);
  return words.length === 0 ? 1 : words.map(realOf).reduce((a, b) => a / b);
}

function realOf(word: string): number {
  const value = readReal(word);
  if (value === undefined) throw new HandlerError('expected list of numbers');
  return value;
}

function remainder(text: string, real: boolean): string {
  const [first, second] = two(text);
  const [a, b] = [readInteger(first), readInteger(second)];
  if (a !== undefined && b !== undefined) {
    if (b === 0n) throw new HandlerError('division by zero');
    return numberText(a % b);
  }
  const [x, y] = [readReal(first), readReal(second)];
  if (!real || x === undefined || y === undefined) throw new HandlerError('expected two numbers');
  return numberText(x % y);
}

/** The mean of numbers: of integers a whole one. */
function mean(text: string): string {
  const words = splitWords(text);
  if (words.length === 0) return '2147483647';
  const whole = words.map(readInteger);
  if (whole.every((value) => value !== undefined)) return numberText(whole.reduce((sum, value) => wrap(sum + value), 0n) / BigInt(words.length));
  return numberText(words.map(realOf).reduce((sum, value) => sum + value) / words.length);
}

/** Numbers as far from 0 as this, or farther, are not 0. */
const NEARLY_ZERO = 1e-5;

/** How many numbers there are of which `holds` is true. */
const counted = (holds: (value: number, isReal: boolean) => boolean): Function => (text) => {
  const words = splitWords(text);
  const isReal = words.some((word) => readInteger(word) === undefined);
  return String(words.map(realOf).filter((value) => holds(value, isReal)).length);
};

/** How many of the numbers behind the first are greater; where one is no integer, by their distance from 0. */
function greater(text: string): string {
  const [first, ...others] = splitWords(text).map(realOf);
  const isReal = splitWords(text).some((word) => readInteger(word) === undefined);
  return String(others.filter((value) => (isReal ? Math.abs(value) : value) > first!).length);
}

function two(text: string): [string, string] {
  const words = splitWords(text);
  if (words.length !== 2) throw new HandlerError('expected two numbers');
  return [words[0]!, words[1]!];
}

function one(text: string, integer: (value: bigint) => bigint, real: (value: number) => number): string {
  const whole = readInteger(text.trim());
  if (whole !== undefined) return numberText(integer(whole));
  const value = readReal(text.trim());
  if (value === undefined) throw new HandlerError('expected one number');
  return numberText(real(value));
}

/** Below 0, 0, or above: as numbers where both are, else as text. */
function order(text: string): number {
  const [first, second] = two(text);
  const [a, b] = [readInteger(first), readInteger(second)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [readReal(first), readReal(second)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
  return Buffer.compare(Buffer.from(unquote(first)), Buffer.from(unquote(second)));
}

const comparison = (holds: (order: number) => boolean): Function => (text) => String(holds(order(text)));

function truth(word: string): boolean {
  try {
    return booleanValue(word);
  } catch {
    throw new HandlerError('syntax error');
  }
}

const all: Function = (text) => String(splitWords(text).every(truth));
const any: Function = (text) => String(splitWords(text).some(truth));
const negated = (of: Function): Function => (text, host) => String(of(text, host) !== 'true');

function random(text: string, host: ControlHost): string {
  const words = splitWords(text);
  const bounds = words.slice(0, 2).map((word, index) => {
    const value = readInteger(word);
    if (value === undefined || value < 0n) throw new HandlerError(`N${index + 1}: invalid number`);
    if (value > 0xffff_ffffn) throw new HandlerError(`N${index + 1}: out of range, bound 4294967295`);
    return value;
  });
  if (words.length > 2) throw new HandlerError('too many arguments');
  const [low, high] = bounds.length === 2 ? [bounds[0]!, bounds[1]!] : [0n, bounds.length === 1 ? bounds[0]! - 1n : 0x7fff_ffffn];
  if (high < low) throw new HandlerError('bad N');
  const number = (BigInt(host.random()) << 32n) | BigInt(host.random());
  return numberText(low + (number % (high - low + 1n)));
}

/** The bytes of an integer the other way round: of the network's order on this kind of host, and back. */
const swapped = (bits: 16 | 32): Function => (text) => {
  const value = readInteger(text.trim());
  if (value === undefined) throw new HandlerError('syntax error');
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return numberText(BigInt(bits === 16 ? bytes.readUInt16LE(6) : bytes.readUInt32LE(4)));
};

const found = (way: 'read' | 'write'): Function => (text, host) => String(splitWords(text).every((name) => host.find(name, way) !== undefined));

function fileText(given: string): string {
  const name = unquote(given.trim());
  if (name === '') throw new HandlerError('bad FILE');
  try {
    return readFileSync(name, 'latin1');
  } catch (error) {
    throw new HandlerError(`${name}: ${systemMessage(error as NodeJS.ErrnoException)}`);
  }
}

const SIGNALS = /^(ABRT|ALRM|HUP|INT|IO|PIPE|QUIT|TERM|TSTP|USR1|USR2|KILL|\d+)$/;

function kill(text: string): string {
  const [signal = '', ...processes] = splitWords(text);
  if (!SIGNALS.test(signal)) throw new HandlerError('bad SIGNO');
  const number = /^\d+$/.test(signal) ? Number(signal) : constants.signals[`SIG${signal}` as NodeJS.Signals];
  for (const id of processes) {
    if (!/^-?\d+$/.test(id)) throw new HandlerError('bad PID');
    try {
      process.kill(Number(id), number);
    } catch (error) {
      throw new HandlerError(`kill(${id}, ${number}): ${systemMessage(error as NodeJS.ErrnoException)}`);
    }
  }
  return '';
}

/** One of three: by a condition. */
function choose(text: string): string {
  const [condition = '', first = '', second = '', ...more] = splitWords(text);
  if (more.length > 0) throw new HandlerError('expected three arguments');
  return truth(condition) ? first : second;
}

function nth(text: string): string {
  const [number, rest] = splitWord(text);
  const index = readInteger(number);
  if (index === undefined) throw new HandlerError('expected a number and words');
  return splitWords(rest)[Number(index)] ?? '';
}

function isIn(text: string): string {
  const [word = '', ...others] = splitWords(text).map((each) => unquote(each));
  return String(others.includes(word));
}

function timeNow(host: ControlHost): string {
  const { microseconds } = host;
  return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, '0')}`;
}

/** Integers are 64 bits wide and go round, as in C. */
const wrap = (value: bigint) => BigInt.asIntN(64, value);

export const FUNCTIONS: Readonly<Record<string, Function>> = {
  add: fold((a, b) => wrap(a + b), (a, b) => a + b, 0n),
  sub: fold((a, b) => wrap(a - b), (a, b) => a - b, 0n),
  mul: fold((a, b) => wrap(a * b), (a, b) => a * b, 1n),
  min: fold((a, b) => (a < b ? a : b), Math.min, 1n),
  max: fold((a, b) => (a > b ? a : b), Math.max, 1n),
  div: (text) => numberText(quotient(text)),
  idiv: (text) => {
    const value = quotient(text);
    if (!Number.isFinite(value)) throw new HandlerError('division by zero');
    return numberText(BigInt(Math.trunc(value)));
  },
  mod: (text) => remainder(text, false),
  rem: (text) => remainder(text, true),
  neg: (text) => one(text, (value) => wrap(-value), (value) => -value),
  abs: (text) => one(text, (value) => (value < 0n ? wrap(-value) : value), Math.abs),
  eq: comparison((result) => result === 0),
  ne: comparison((result) => result !== 0),
  gt: comparison((result) => result > 0),
  ge: comparison((result) => result >= 0),
  lt: comparison((result) => result < 0),
  le: comparison((result) => result <= 0),
  not: (text) => String(!truth(text)),
  and: all,
  or: any,
  nand: negated(all),
  nor: negated(any),
  if: choose,
  in: isIn,
  sprintf: formatted,
  first: (text) => splitWord(text)[0],
  tail: (text) => splitWord(text)[1],
  nth,
  random,
  now: (_text, host) => timeNow(host),
  readable: found('read'),
  writable: found('write'),
  length: (text) => String(Buffer.byteLength(text)),
  unquote: (text) => unquote(text),
  sq: (text) => `'${text}'`,
  dq: (text) => `"${text.replace(/["\\$]/g, '\\$&')}"`,
  htons: swapped(16),
  ntohs: swapped(16),
  htonl: swapped(32),
  ntohl: swapped(32),
  cat: fileText,
  catq: (text) => quoteBytes(Buffer.from(fileText(text))),
  kill,
};

/** Functions that Click's scripts lack and FastClick's have. They are no handlers: `count` of all elements is none of scripts. */
export const FASTCLICK_FUNCTIONS: Readonly<Record<string, Function>> = {
  avg: mean,
  count: counted(() => true),
  popcount: counted((value, isReal) => (isReal ? Math.abs(value) > NEARLY_ZERO : value !== 0)),
  gt_vec: greater,
  ceil: (text) => one(text, (value) => value, Math.ceil),
  // The clock of a run never goes back.
  now_steady: (_text, host) => timeNow(host),
};

/** Functions that reach beyond the router: a connection from outside may not call them. */
export const LOCAL_FUNCTIONS: readonly string[] = ['cat', 'catq', 'kill'];
