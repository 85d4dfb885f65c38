/** The values of a graph's parameters: those of the file, and those of `--set`. */
import type { Diagnostics } from '../diagnostics.js';
import type { Graph } from './graph.js';
import { suggestion } from '../suggest.js';
import { substitute, Variables } from './variables.js';

export function graphVariables(graph: Graph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics): Variables {
  const variables = new Variables();
  const known = graph.parameters.map(({ name }) => name.value);
  for (const [name, value] of set) {
    variables.set(name, value);
    if (known.includes(name) || usesUndefined(graph, name)) continue;
    const hint = suggestion(name, known) ?? (known.length === 0 ? 'It has no parameters.' : `It has ${known.join(', ')}.`);
    diagnostics.error('WL1200', undefined, `--set ${name}: the graph ${graph.source.file} has no parameter "${name}"`, hint);
  }
  for (const { name, value } of graph.parameters) {
    if (set.has(name.value)) continue;
    if (value === undefined) {
      diagnostics.error('WL1201', name.span, `the parameter "${name.value}" has no value`, `Give it one: --set ${name.value}=VALUE, or a default here.`);
    }
    // A value may use parameters that stand before it.
    variables.set(name.value, value && substitute(value.value, variables, value.span, diagnostics));
  }
  return variables;
}

/** A Click file may leave a `$name` to the command line without a `define`. */
function usesUndefined(graph: Graph, name: string): boolean {
  if (!graph.source.file.endsWith('.click')) return false;
  const pattern = new RegExp(`\\$(?:${name}\\b|\\{${name}\\b)`);
  return /^\w+$/.test(name) && graph.files.some(({ text }) => pattern.test(text));
}
