/** Puts the values of parameters into the arguments of an element. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { splitText } from './click-arguments.js';
import type { ExpandedArguments, ExpandedEntry } from './expanded.js';
import type { ArgumentEntry, Arguments, Located } from './graph.js';
import { mentionsVariables, substitute, type Variables } from './variables.js';

export function expandArguments(given: Arguments, variables: Variables, diagnostics: Diagnostics): ExpandedArguments {
  let complete = true;
  const replace = (text: string, span: Span): string | undefined => {
    const result = substitute(text, variables, span, diagnostics);
    complete &&= result !== undefined;
    return result;
  };
  if (given.form === 'click') {
    const list = given.list.flatMap((argument) => expandArgument(argument, replace));
    return { form: 'click', list, span: given.span, complete };
  }
  const entries = given.entries.map((entry) => expandEntry(entry, replace));
  return { form: 'map', entries, span: given.span, complete };
}

type Replace = (text: string, span: Span) => string | undefined;

/** A value may be several arguments, or none: `$rest` stands for what lies between commas. */
function expandArgument(argument: Located<string>, replace: Replace): Located<string>[] {
  if (!mentionsVariables(argument.value)) return [argument];
  const text = replace(argument.value, argument.span);
  if (text === undefined) return [];
  return splitText(text).map((value) => ({ value, span: argument.span }));
}

function expandEntry(entry: ArgumentEntry, replace: Replace): ExpandedEntry {
  let replaced = false;
  const walk = (value: unknown, span: Span): unknown => {
    if (typeof value === 'string' && mentionsVariables(value)) {
      replaced = true;
      return replace(value, span) ?? '';
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, entry.items?.[index] ?? span));
    return value;
  };
  const value = walk(entry.value.value, entry.value.span);
  return { key: entry.key, value: { value, span: entry.value.span }, items: entry.items, replaced };
}
