/** `$name`, `${name-default}` and `$(handler parameter)` in the text of a script's instructions. */

export interface Substitutions {
  /** Undefined: there is no such variable, and its name stays as it is. */
  variable(name: string): string | undefined;
  /** The answer of a read handler, nothing where it failed; undefined when there is no such handler. What is wrong was reported. */
  handler(call: string): string | undefined;
}

/** Characters that stand for something within double quotes. */
const escaped = (value: string) => value.replace(/["\\$]/g, '\\$&');

/**
 * `text` with values in place of names, but not within single quotes. With `protect`, a value outside of quotes is
 * put into quotes, so that taking a layer of quotes off gives the value as it was.
 */
export function substitute(text: string, by: Substitutions, protect = false): string {
  let result = '';
  let quoted: string | undefined;
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char === '\\' && quoted !== "'" && at + 1 < text.length) {
      result += text.slice(at, at + 2);
      at += 2;
      continue;
    }
    if (char === '$' && quoted !== "'") {
      const reference = referenceAt(text, at);
      const value = reference === undefined ? undefined : valueOf(reference, by);
      if (reference !== undefined && value !== undefined) {
        result += quoted === '"' ? escaped(value) : protect ? `"${escaped(value)}"` : value;
        at = reference.end;
        continue;
      }
    }
    if (quoted === undefined && (char === '"' || char === "'")) quoted = char;
    else if (char === quoted) quoted = undefined;
    result += char;
    at += 1;
  }
  return result;
}

interface Reference {
  readonly kind: 'variable' | 'handler';
  readonly text: string;
  readonly otherwise?: string;
  readonly end: number;
}

function referenceAt(text: string, at: number): Reference | undefined {
  const simple = /^\$([A-Za-z_]\w*|\d+|[?#$])/.exec(text.slice(at));
  if (simple !== null) return { kind: 'variable', text: simple[1]!, end: at + simple[0].length };
  const braced = /^\$\{([\w?#]+)(?:-([^}]*))?\}/.exec(text.slice(at));
  if (braced !== null) return { kind: 'variable', text: braced[1]!, otherwise: braced[2], end: at + braced[0].length };
  if (text[at + 1] !== '(') return undefined;
  const end = closing(text, at + 1);
  return end === undefined ? undefined : { kind: 'handler', text: text.slice(at + 2, end), end: end + 1 };
}

/** Where the parenthesis that opens at `open` closes, those within quotes not counted. */
function closing(text: string, open: number): number | undefined {
  let depth = 0;
  let quoted: string | undefined;
  for (let at = open; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\' && quoted !== "'") at += 1;
    else if (quoted !== undefined) quoted = char === quoted ? undefined : quoted;
    else if (char === '"' || char === "'") quoted = char;
    else if (char === '(') depth += 1;
    else if (char === ')' && --depth === 0) return at;
  }
  return undefined;
}

function valueOf({ kind, text, otherwise }: Reference, by: Substitutions): string | undefined {
  if (kind === 'variable') return by.variable(text) ?? otherwise;
  return by.handler(substitute(text, by));
}
