/** A graph with its compounds taken apart, in Click's notation: classes are not asked what they make of it. */
import type { Diagnostics } from '../diagnostics.js';
import { expandForTools } from './expand.js';
import type { ExpandedArguments, ExpandedEnd, ExpandedInstance } from './expanded.js';
import { flatText, type FlatElement, type Hop } from './flat-text.js';
import type { Graph } from './graph.js';
import { mapArguments } from './map-arguments.js';
import { Registry } from './registry.js';

export interface FlatGraph {
  readonly text: string;
  readonly classes: readonly string[];
  readonly elements: readonly FlatElement[];
}

/** Undefined when the graph cannot be expanded, which is said in `diagnostics`. */
export async function flatten(graph: Graph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics): Promise<FlatGraph | undefined> {
  const expanded = expandForTools(graph, set, diagnostics);
  const registry = new Registry([], diagnostics);
  const elements: FlatElement[] = [];
  let informed = 0;
  for (const [index, instance] of expanded.instances.entries()) {
    for (; informed < expanded.information.length && expanded.information[informed]!.before <= index; informed += 1) elements.push(informationOf(expanded.information[informed]!));
    elements.push({ name: instance.name, className: instance.className, given: await argumentsText(instance.className, instance.arguments, registry) });
  }
  elements.push(...expanded.information.slice(informed).map(informationOf));
  const hops: Hop[] = [];
  for (const { from, to } of expanded.connections) {
    hops.push({
      from: from.instance.name, fromPort: await portNumber(from, 'outputs', registry),
      to: to.instance.name, toPort: await portNumber(to, 'inputs', registry),
    });
  }
  if (diagnostics.failed) return undefined;
  return { text: flatText(graph.requirements ?? [], elements, hops), classes: [...new Set(elements.map(({ className }) => className))].sort(), elements };
}

function informationOf({ name, className, given }: { name: string; className: string; given: readonly string[] }): FlatElement {
  return { name, className, given: given.join(', ') };
}

async function argumentsText(className: string, given: ExpandedArguments, registry: Registry): Promise<string> {
  if (given.form === 'click') return given.list.map(({ value }) => value).join(', ');
  const element = await registry.load(className);
  return mapArguments(given.entries, element?.class.config ?? {}).join(', ');
}

/** Names of ports become their numbers. */
async function portNumber({ port, instance }: ExpandedEnd, side: 'inputs' | 'outputs', registry: Registry): Promise<number> {
  const value = port?.value ?? 0;
  if (typeof value === 'number') return value;
  const element = await registry.load((instance as ExpandedInstance).className);
  return Math.max(0, element?.class[side].named?.findIndex(({ name }) => name === value) ?? 0);
}
