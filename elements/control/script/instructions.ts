/** The instructions of a script, as its arguments give them. */
import { duration, parseInteger, splitWord, EMPTY_SCOPE } from 'wirelet';

/** Where an instruction or label ends a script: how it ended. */
export type Ending = 'end' | 'exit' | 'stop' | 'error';

export type Instruction =
  /** Begins an active script by itself. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'pause'; readonly count: number }
  | { readonly kind: 'wait'; readonly time: string }
  | { readonly kind: 'print'; readonly text: string; readonly newline: boolean; readonly unquote: boolean; readonly file?: string; readonly append?: boolean }
  | { readonly kind: 'read' | 'write'; readonly call: string; readonly unquote: boolean }
  | { readonly kind: 'set' | 'init'; readonly variable: string; readonly text: string; readonly unquote: boolean; readonly exported?: boolean }
  | { readonly kind: 'return'; readonly text: string; readonly unquote: boolean }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'goto'; readonly label: string; readonly condition: string }
  | { readonly kind: 'finish'; readonly ending: Ending; readonly text: string; readonly unquote: boolean };

export interface ScriptText {
  readonly instructions: readonly Instruction[];
  readonly errors: readonly string[];
}

/** Labels that every script has. */
const BUILT_IN_LABELS: readonly string[] = ['exit', 'end', 'stop', 'error', 'begin', 'loop'];

/** Reads the arguments of a script; what ends by itself ends with `last`. */
export function readScript(list: readonly string[], last: 'end' | 'stop'): ScriptText {
  const instructions: Instruction[] = [];
  const errors: string[] = [];
  for (const argument of list) {
    const [word, rest] = splitWord(argument);
    if (word === '') continue;
    const instruction = read(word, rest);
    if (instruction === undefined) errors.push(`syntax error at '${word}'`);
    else instructions.push(instruction);
  }
  const labels = new Set(instructions.flatMap((instruction) => (instruction.kind === 'label' ? [instruction.name] : [])));
  for (const instruction of instructions) {
    if (instruction.kind !== 'goto' || labels.has(instruction.label) || BUILT_IN_LABELS.includes(instruction.label)) continue;
    errors.push(`no such label '${instruction.label}'`);
  }
  const [first] = instructions;
  if (first === undefined && last === 'stop') instructions.push({ kind: 'pause', count: 1 });
  else if (first !== undefined && first.kind !== 'pause' && first.kind !== 'wait') instructions.unshift({ kind: 'begin' });
  instructions.push({ kind: 'finish', ending: last, text: '', unquote: false });
  return { instructions, errors };
}

/** Undefined: it is none. */
function read(word: string, rest: string): Instruction | undefined {
  const plain = word.replace(/q$/, '');
  const unquote = plain !== word;
  switch (plain) {
    case 'print':
    case 'printn':
      return printOf(rest, plain === 'print', unquote);
    case 'read':
    case 'write':
      return { kind: plain, call: rest, unquote };
    case 'set':
    case 'init':
    case 'export':
      return assignment(plain, rest, unquote);
    case 'return':
      return { kind: 'return', text: rest, unquote };
    case 'error':
      return { kind: 'finish', ending: 'error', text: rest, unquote };
  }
  return unquote ? undefined : readPlain(word, rest);
}

function readPlain(word: string, rest: string): Instruction | undefined {
  switch (word) {
    case 'wait':
      return rest === '' ? { kind: 'pause', count: 1 } : { kind: 'wait', time: rest };
    case 'wait_time':
    case 'wait_for':
      return rest === '' ? undefined : { kind: 'wait', time: rest };
    case 'pause':
    case 'wait_step':
    case 'wait_stop': {
      const count = rest === '' ? 1 : parseInteger(rest);
      return count === undefined || count < 0 ? undefined : { kind: 'pause', count };
    }
    case 'save':
    case 'append':
      return saveOf(rest, word === 'append');
    case 'label': {
      const [name, more] = splitWord(rest);
      return name === '' || more !== '' ? undefined : { kind: 'label', name };
    }
    case 'goto': {
      const [label, condition] = splitWord(rest);
      return label === '' ? undefined : { kind: 'goto', label, condition };
    }
    case 'loop':
      return rest === '' ? { kind: 'goto', label: 'begin', condition: '' } : undefined;
    case 'end':
    case 'exit':
    case 'stop':
      return rest === '' ? { kind: 'finish', ending: word, text: '', unquote: false } : undefined;
    default:
      return undefined;
  }
}

function assignment(word: 'set' | 'init' | 'export', rest: string, unquote: boolean): Instruction | undefined {
  const [variable, text] = splitWord(rest);
  if (variable === '' || (word === 'set' && text === '')) return undefined;
  return { kind: word === 'set' ? 'set' : 'init', variable, text, unquote, exported: word === 'export' };
}

/** `print >FILE text`, `print >>FILE text`. */
function printOf(rest: string, newline: boolean, unquote: boolean): Instruction {
  const match = /^>(>?)\s*([\s\S]*)$/.exec(rest);
  if (match === null) return { kind: 'print', text: rest, newline, unquote };
  const [file, text] = splitWord(match[2]!);
  return { kind: 'print', text, newline, unquote, file, append: match[1] === '>' };
}

/** `save HANDLER FILE`: without a file, or with `-`, to standard output. */
function saveOf(rest: string, append: boolean): Instruction | undefined {
  const [handler, file] = splitWord(rest);
  return handler === '' ? undefined : { kind: 'print', text: handler, newline: true, unquote: false, file: file === '' ? '-' : file, append };
}

const TIME = duration({ doc: 'A time.' });

/** Microseconds; undefined: it is no time. */
export function waitTime(text: string): number | undefined {
  const parsed = TIME.parse(text.trim(), EMPTY_SCOPE);
  return 'error' in parsed ? undefined : parsed.value;
}
