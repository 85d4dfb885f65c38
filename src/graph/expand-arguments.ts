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

/** In a list, an item that is nothing but `$name` may be several items, as it may be several arguments. */
function expandEntry(entry: ArgumentEntry, replace: Replace): ExpandedEntry {
  const { key, value: given } = entry;
  let replaced = false;
  const text = (value: unknown, span: Span): unknown => {
    if (typeof value !== 'string' || !mentionsVariables(value)) return value;
    replaced = true;
    return replace(value, span) ?? '';
  };
  if (!Array.isArray(given.value)) return { key, value: { value: text(given.value, given.span), span: given.span }, replaced };
  const located = given.value.flatMap((item: unknown, index) => {
    const span = entry.items?.[index] ?? given.span;
    const value = text(item, span);
    const several = typeof item === 'string' && typeof value === 'string' && ONE_REFERENCE.test(item);
    return several ? splitText(value).map((part): Located<unknown> => ({ value: part, span })) : [{ value, span }];
  });
  return { key, value: { value: located.map(({ value }) => value), span: given.span }, items: located.map(({ span }) => span), replaced };
}

const ONE_REFERENCE = /^\$(?:\w+|\{[^}]*\})$/;
