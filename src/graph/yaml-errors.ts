/** What the YAML parser complains about, in words for people who write graphs. */
import type { YAMLError } from 'yaml';
import type { SourceText } from '../diagnostics.js';

export interface ExplainedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly start: number;
  readonly end: number;
}

interface Explanation {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}

const EXPLANATIONS: Partial<Record<YAMLError['code'], Explanation>> = {
  TAB_AS_INDENT: {
    message: 'YAML is indented with blanks, and here is a tab',
    hint: 'Replace the tab by blanks; most editors can do that for the whole file.',
  },
  MULTIPLE_DOCS: {
    code: 'WL1014',
    message: 'a second document begins here, and a graph file has one',
    hint: 'Remove the line `---`, or put the second graph into a file of its own.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'this line has a second "key: value" on it, or is indented further than the one it belongs to',
    hint: 'A text with ": " in it stands in quotes; keys of one map begin in the same column.',
  },
  BAD_ALIAS: { message: 'an alias is `*name`, an anchor `&name`, and neither stands alone' },
  BAD_SCALAR_START: {
    message: 'a text cannot begin with this character in YAML',
    hint: 'Put the text in quotes.',
  },
  BAD_DQ_ESCAPE: {
    message: 'this is not an escape of YAML',
    hint: 'In double quotes write a backslash as \\\\, or put the text in single quotes, where it stands for itself.',
  },
  BAD_INDENT: {
    message: 'this is not indented as what it belongs to',
    hint: 'Keys of one map, and items of one list, begin in the same column.',
  },
  MISSING_CHAR: { message: 'a quote, bracket or brace is not closed' },
  BAD_DIRECTIVE: { message: 'a line that begins with % is a YAML directive; this is none that exists' },
};

export function explainYamlError(error: YAMLError, source: SourceText): ExplainedError {
  const [start, end] = error.pos;
  const { line } = source.position(start);
  const text = source.line(line).trim();
  const explanation = special(error, text) ?? EXPLANATIONS[error.code] ?? { message: lowered(error.message) };
  const { code = 'WL1010', message, hint } = explanation;
  return { code, message, hint, start: Math.min(start, source.text.length), end };
}

/** Where the same error has a more likely reason. */
function special(error: YAMLError, line: string): Explanation | undefined {
  if (error.code === 'MISSING_CHAR' && /quote/.test(error.message)) {
    return { message: 'a quote that was opened further up is not closed', hint: 'Look for the line with an odd number of quotes.' };
  }
  if (/Implicit map keys need to be followed by map values/.test(error.message)) {
    return { message: 'there is no colon after this key', hint: `Write "${line.split(/\s/)[0]}:".` };
  }
  if (error.code === 'BAD_INDENT' && /Flow (sequence|map)/.test(error.message)) {
    const close = /end with a (.)/.exec(error.message)?.[1] ?? ']';
    return { message: `a list or map in brackets is not closed: ${close} is missing before this` };
  }
  if (error.code === 'UNEXPECTED_TOKEN' && /at node end/.test(error.message)) {
    return { message: 'YAML did not expect anything after the value on this line', hint: 'Put the whole text in quotes.' };
  }
  return undefined;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
