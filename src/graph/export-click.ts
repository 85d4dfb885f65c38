/** A graph in Click's notation: compounds taken apart, parameters replaced, addresses of interfaces by AddressInfo. */
import type { Diagnostics } from '../diagnostics.js';
import { interfaceAddresses } from './flat-configuration.js';
import { flatten } from './flatten.js';
import type { CheckedGraph, Graph } from './graph.js';

export async function exportClick(graph: Graph, checked: CheckedGraph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics): Promise<string> {
  const flat = await flatten(graph, set, diagnostics);
  // Interfaces that only devices name have no addresses to tell.
  const listed = new Set(graph.interfaces.map(({ name }) => name.value));
  const told = interfaceAddresses({ interfaces: checked.interfaces.filter(({ name }) => listed.has(name)) });
  return `// ${checked.name}\n${told}${flat?.text ?? ''}`;
}
