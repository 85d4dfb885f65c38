/** What a page of the studio shows: the graph of a file, or an appliance that runs. */
import { placeOf, type DiagnosticJson } from '../../diagnostics.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import { manualOf } from '../../graph/manual.js';
import { packageRoot } from '../../package-root.js';
import type { Snapshot } from '../../run/snapshot.js';
import type { Drawing } from './drawing.js';

/** A picture and what belongs to it. */
export interface View extends Drawing {
  readonly title: string;
  /** One line under the title: the file, or how the appliance runs. */
  readonly about: string;
  readonly elements: readonly { readonly name: string; readonly class: string; readonly config: string }[];
  /** Of a file: what is wrong with it, `text` as `wirelet check` prints it. With errors the picture is the last good one. */
  readonly diagnostics: readonly (DiagnosticJson & { readonly text: string })[];
  readonly stale: boolean;
  /** Whether figures come and handlers can be written. */
  readonly live: boolean;
}

/** One element, for the side of the page. */
export interface ElementView {
  readonly name: string;
  readonly class: string;
  readonly config: string;
  /** File, line and column; empty: the text is the appliance's own, not the user's. */
  readonly place: string;
  readonly manual: string;
  readonly inputs: readonly PortView[];
  readonly outputs: readonly PortView[];
  /** Meanings of counters and of reasons for drops. */
  readonly counters: Readonly<Record<string, string>>;
  readonly drops: Readonly<Record<string, string>>;
  /** Of a running appliance; flags as in Click: r, w, and others. */
  readonly handlers: readonly { readonly name: string; readonly flags: string; readonly doc: string }[];
}

export interface PortView {
  readonly name: string;
  readonly processing: string;
  readonly peers: readonly string[];
}

export type StudioEvent =
  /** The view is another now. */
  | { readonly kind: 'view' }
  | { readonly kind: 'figures'; readonly at_ms: number; readonly figures: Snapshot }
  /** The appliance does not answer; it is looked for again. */
  | { readonly kind: 'gone'; readonly reason: string };

export interface Subject {
  readonly name: string;
  view(): Promise<View>;
  /** Undefined: there is none of that name. */
  element(name: string): Promise<ElementView | undefined>;
  /** The element's TypeScript beside its C. */
  listing(name: string): Promise<string>;
  /** What becomes of packets, as text. */
  trace(options: TraceRequest): Promise<string>;
  read(handler: string, parameter: string): Promise<string>;
  write(handler: string, value: string): Promise<string>;
  /** Tells what happens until the signal. */
  watch(tell: (event: StudioEvent) => void, signal: AbortSignal): Promise<void>;
}

export interface TraceRequest {
  readonly match?: string;
  readonly count: number;
  readonly signal: AbortSignal;
}

export function elementsOf({ instances }: CheckedGraph): View['elements'] {
  return instances.map(({ name, class: type, configText }) => ({ name, class: type.name, config: configText }));
}

/** `handlers` of an appliance that runs; where there are none, the graph is of a file, in which the element has a place. */
export async function elementOf(graph: CheckedGraph, name: string, elementFolders: readonly string[], handlers?: ElementView['handlers']): Promise<ElementView | undefined> {
  const instance = graph.instances.find((candidate) => candidate.name === name);
  if (instance === undefined) return undefined;
  const { class: type, configText, span } = instance;
  const docs = type.definition.handlers ?? {};
  const manual = await manualOf(type.name, elementFolders);
  return {
    name, class: type.name, config: configText, place: handlers === undefined ? placeOf(span) : '', manual: 'text' in manual ? manual.text : '',
    ...portsOf(graph, instance), counters: type.counters, drops: type.drops,
    handlers: (handlers ?? []).map((handler) => ({ ...handler, doc: docs[handler.name]?.doc ?? '' })),
  };
}

function portsOf({ instances }: CheckedGraph, { inputs, outputs }: Instance): Pick<ElementView, 'inputs' | 'outputs'> {
  return {
    inputs: inputs.map(({ name, processing, from }) => ({ name, processing, peers: from.map(({ instance, port }) => `${instances[instance]!.name}[${instances[instance]!.outputs[port]!.name}]`) })),
    outputs: outputs.map(({ name, processing, to }) => ({ name, processing, peers: to.map(({ instance, port }) => `[${instances[instance]!.inputs[port]!.name}]${instances[instance]!.name}`) })),
  };
}

/** The element's TypeScript beside the C that came of it. The compiler is loaded when it is first asked. */
export async function listingOf(graph: CheckedGraph, name: string): Promise<string> {
  const instance = graph.instances.find((candidate) => candidate.name === name);
  if (instance === undefined) return '';
  const [{ plan }, { lower }, { listing, formatListing, readShown }] = await Promise.all([import('../../plan/plan.js'), import('../../compile/lower.js'), import('../../compile/listing.js')]);
  return formatListing(listing(await lower(plan(graph)), instance, readShown(packageRoot)));
}
