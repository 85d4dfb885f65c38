/** Arguments of IPClassifier (`PATTERN`) and of IPFilter (`ACTION PATTERN`). */
import type { ArgumentScope } from '../argument-scope.js';
import { parseInteger32, parsed, type Kind, type Parsed } from '../config.js';
import { unquote } from '../quoting.js';
import { PORTS_MAX } from '../ports.js';
import { suggestion } from '../../suggest.js';
import type { BuildContext } from '../build-context.js';
import { ALWAYS, NEVER, type Expression } from './expression.js';
import { FilterParser } from './filter-parser.js';
import { FilterError, Findings, WordReader, wordsOf, WrongFilter, type FilterWarning, type Word } from './filter-words.js';
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
  return caught((findings) => {
    const text = plainText(source);
    const words = wordsOf(text);
    // A pattern that says nothing means all, as in Click.
    if (words.length === 0) return { text: '', condition: ALWAYS };
    return { text: text.trim(), condition: conditionOf(new WordReader(words, text.length), scope, findings) };
  });
}

/** What means all packets, or none, where it is the whole of a pattern. */
const WHOLE_PATTERNS: Readonly<Record<string, Expression>> = { '-': ALWAYS, any: ALWAYS, all: ALWAYS, none: NEVER };

function conditionOf(reader: WordReader, scope: ArgumentScope, findings: Findings): Expression {
  const whole = reader.alone === undefined || !Object.hasOwn(WHOLE_PATTERNS, reader.alone) ? undefined : WHOLE_PATTERNS[reader.alone];
  return whole ?? new FilterParser(reader, scope, findings).whole();
}

/** Warns of what is suspicious about patterns, as Click's drivers do. */
export function warnOfPatterns(patterns: readonly IpPattern[], argument: string, { warn, chatter }: Pick<BuildContext<unknown>, 'warn' | 'chatter'>): void {
  patterns.forEach(({ text, warnings = [] }, item) => {
    for (const { message, click, clickOnly = false } of warnings) {
      if (chatter.length > 0 || !clickOnly) warn(`in "${text}": ${message}`, undefined, { argument, item }, `pattern ${item}: warning: ${click}`);
    }
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
  return caught((findings) => {
    const text = plainText(source);
    const reader = new WordReader(wordsOf(text), text.length);
    const output = readAction(reader.next(), scope, findings);
    // A rule that does not say which packets means all, as in Click.
    return { text: text.trim(), output, condition: reader.atEnd ? ALWAYS : conditionOf(reader, scope, findings) };
  });
}

/** The output that a rule names, or -1: it drops. */
function readAction(word: Word, { outputs }: ArgumentScope, findings: Findings): number {
  if (word.text === 'drop') return -1;
  if (word.text === 'deny') {
    if (outputs !== undefined && outputs > 1) findings.warn({ message: 'this drops packets, and sends none to output 1', click: "meaning of 'deny' has changed (now it means 'drop')", clickOnly: true });
    return -1;
  }
  const output = word.text === 'allow' ? 0 : parseInteger32(word.text);
  if (output === undefined) {
    findings.wrong(FilterError.at(word, `expected an action, got ${JSON.stringify(word.text)}`, suggestion(word.text, ACTIONS) ?? 'Begin the rule with allow, deny, drop or the number of an output.', `unknown slot ID '${word.text}'`));
    return -1;
  }
  if (output < 0 || output >= PORTS_MAX) {
    findings.wrong(FilterError.at(word, `${word.text} is not the number of an output (0 to ${PORTS_MAX - 1})`, undefined, `slot '${output}' out of range`));
  } else if (outputs !== undefined && output >= outputs) {
    findings.wrong(FilterError.at(word, `there is no output ${output}: ${connected(outputs)}`, undefined, word.text === 'allow' ? "'allow' is meaningless, element has zero outputs" : `slot '${output}' out of range`));
  }
  return output;
}

const connected = (outputs: number): string => (outputs === 0 ? 'none is connected' : outputs === 1 ? 'only output 0 is connected' : `only outputs 0 to ${outputs - 1} are connected`);

/** The rule without Click's quotes; places are in the text as given, so quotes at its ends become blanks. */
function plainText(source: string): string {
  const quoted = /^(\s*)"([^"\\]*)"\s*$/.exec(source);
  if (quoted !== null) return `${quoted[1]} ${quoted[2]}`;
  return /["'\\]/.test(source) ? unquote(source) : source;
}

function caught<T extends IpPattern>(read: (findings: Findings) => T): Parsed<T> {
  try {
    const findings = new Findings();
    const value = read(findings);
    findings.throwIfWrong();
    const { warnings } = findings;
    return warnings.length === 0 ? { value } : { value: { ...value, warnings }, told: warnings.map(({ click }) => `pattern %i: warning: ${click}`).join('\n') };
  } catch (error) {
    if (error instanceof FilterError || error instanceof WrongFilter) return error.asParseError();
    throw error;
  }
}
