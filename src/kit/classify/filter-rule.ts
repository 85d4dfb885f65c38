/** Arguments of IPClassifier (`PATTERN`) and of IPFilter (`ACTION PATTERN`). */
import { parseInteger, parsed, type ArgumentScope, type Kind, type Parsed } from '../config.js';
import { unquote } from '../quoting.js';
import { PORTS_MAX } from '../ports.js';
import { suggestion } from '../../suggest.js';
import type { BuildContext } from '../build-context.js';
import { ALWAYS, type Expression } from './expression.js';
import { FilterParser } from './filter-parser.js';
import { FilterError, Findings, WordReader, wordsOf, WrongFilter, type FilterWarning } from './filter-words.js';
import { translated } from './rule-lines.js';

export interface IpPattern {
  readonly text: string;
  readonly condition: Expression;
  /** What is suspicious about it. */
  readonly warnings?: readonly FilterWarning[];
}

export interface FilterRule extends IpPattern {
  /** An output, or -1 to drop. */
  readonly output: number;
}

/** The argument kind of IPClassifier. */
export function ipPattern(options: { doc: string }): Kind<IpPattern> {
  return parsed('IP pattern', options, readIpPattern, ({ text }) => text);
}

/** The argument kind of IPFilter. */
export function filterRule(options: { doc: string }): Kind<FilterRule> {
  return parsed('filter rule', options, readFilterRule, ({ text }) => text);
}

export function readIpPattern(source: string, scope: ArgumentScope): Parsed<IpPattern> {
  return caught(() => {
    const text = plainText(source);
    const words = wordsOf(text);
    // A pattern that says nothing means all, as in Click.
    if (words.length === 0) return { text: '', condition: ALWAYS };
    return { text: text.trim(), ...read(new WordReader(words, text.length), scope) };
  });
}

function read(reader: WordReader, scope: ArgumentScope): Pick<IpPattern, 'condition' | 'warnings'> {
  const findings = new Findings();
  const condition = new FilterParser(reader, scope, findings).whole();
  findings.throwIfWrong();
  return { condition, ...(findings.warnings.length > 0 && { warnings: findings.warnings }) };
}

/** Warns of what is suspicious about patterns, as Click's drivers do. */
export function warnOfPatterns(patterns: readonly IpPattern[], argument: string, warn: BuildContext<unknown>['warn']): void {
  patterns.forEach(({ text, warnings = [] }, item) => {
    for (const { message, click } of warnings) warn(`in "${text}": ${message}`, undefined, { argument, item }, `pattern ${item}: warning: ${click}`);
  });
}

const ACTIONS = ['allow', 'deny', 'drop'];

export function readFilterRule(source: string, scope: ArgumentScope): Parsed<FilterRule> {
  if (plainText(source).trim() === '') return { error: 'the rule is empty', click: 'empty pattern %i', hint: 'Begin the rule with allow, deny, drop or the number of an output.' };
  const foreign = translated(plainText(source).trim());
  if (foreign !== undefined && 'error' in foreign) return foreign;
  if (foreign === undefined) return readOwnRule(source, scope);
  const rule = readOwnRule(foreign.text, scope);
  // Places are those of the translation: the whole line is meant.
  if ('error' in rule) return { error: `${rule.error}, in ${JSON.stringify(foreign.text)}`, ...(rule.hint === undefined ? {} : { hint: rule.hint }) };
  return { value: { ...rule.value, text: plainText(source).trim() } };
}

function readOwnRule(source: string, scope: ArgumentScope): Parsed<FilterRule> {
  return caught(() => {
    const text = plainText(source);
    const reader = new WordReader(wordsOf(text), text.length);
    const word = reader.next();
    const output = word.text === 'allow' ? 0 : word.text === 'deny' || word.text === 'drop' ? -1 : parseInteger(word.text);
    if (output === undefined) {
      throw FilterError.at(word, `expected an action, got ${JSON.stringify(word.text)}`, suggestion(word.text, ACTIONS) ?? 'Begin the rule with allow, deny, drop or the number of an output.', `unknown slot ID '${word.text}'`);
    }
    if (output < -1 || output >= PORTS_MAX || word.text.startsWith('-')) {
      throw FilterError.at(word, `${word.text} is not the number of an output (0 to ${PORTS_MAX - 1})`, undefined, `slot '${output}' out of range`);
    }
    // A rule that does not say which packets means all, as in Click.
    if (reader.atEnd) return { text: text.trim(), output, condition: ALWAYS };
    return { text: text.trim(), output, ...read(reader, scope) };
  });
}

/** The rule without Click's quotes; places are in the text as given, so quotes at its ends become blanks. */
function plainText(source: string): string {
  const quoted = /^(\s*)"([^"\\]*)"\s*$/.exec(source);
  if (quoted !== null) return `${quoted[1]} ${quoted[2]}`;
  return /["'\\]/.test(source) ? unquote(source) : source;
}

function caught<T>(read: () => T): Parsed<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof FilterError || error instanceof WrongFilter) return error.asParseError();
    throw error;
  }
}
