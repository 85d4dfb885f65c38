/** The second stage: a Graph becomes a CheckedGraph, or all that is wrong with it is said at once. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Diagnostics } from '../diagnostics.js';
import type { ElementFacts } from '../kit/build-context.js';
import { bindArguments, type BoundArguments } from './bind-arguments.js';
import { bindClasses } from './bind-classes.js';
import { bindPorts, type BoundPorts } from './bind-ports.js';
import type { BoundInstance } from './bound.js';
import { buildInstance } from './build-instances.js';
import type { ElementFolder } from './element-index.js';
import { elementsAround } from './elements-around.js';
import { ElementFiles } from './element-files.js';
import { expand } from './expand.js';
import { HostAddresses } from './host-addresses.js';
import type { ExpandedGraph, ExpandedInstance } from './expanded.js';
import { findLoops, reportLoops } from './find-loops.js';
import type { CheckedGraph, Graph, Instance, Interface } from './graph.js';
import { withLoopStores } from './loop-stores.js';
import { withNearPeers } from './near-peers.js';
import { withQueues } from './near-queues.js';
import { Registry } from './registry.js';
import { resolveProcessing, type ResolvedPorts } from './resolve-processing.js';
import { refuseUnsplit } from './split.js';
import { explainUnknownClasses } from './unknown-classes.js';
import { suggestion } from '../suggest.js';

export interface CheckOptions {
  /** Values of the graph's parameters. */
  readonly set: ReadonlyMap<string, string>;
  /** Folders of the user's own elements, besides those that the graph names. */
  readonly elementFolders: readonly string[];
  /** Whether it is to run on this host at once, as Click's driver does: elements say what they find wrong with packets, and names of devices stand for their addresses. */
  readonly chatter?: boolean;
}

/** Undefined, with diagnostics, when the graph cannot become an appliance. */
export async function check(graph: Graph, options: CheckOptions, diagnostics: Diagnostics): Promise<CheckedGraph | undefined> {
  const misread = diagnostics.failed;
  const registry = new Registry(foldersOf(graph, options), diagnostics);
  const files = new ElementFiles(path.dirname(graph.source.file));
  const bind = async (expanded: ExpandedGraph) => {
    const bound = await bindClasses(expanded.instances, registry, diagnostics);
    const outputs = outputsInUse(expanded);
    const args = bound.map((instance) => bindArguments(instance, outputs.get(instance.expanded) ?? 0, diagnostics, files));
    const ports = bindPorts(bound, expanded.connections, ({ index }) => args[index]?.values, misread, diagnostics);
    const resolved = resolveProcessing(bound, ports, diagnostics);
    return { expanded, bound, args, ports, resolved, loops: findLoops(bound, ports, resolved) };
  };
  explainUnknownClasses(graph, registry, diagnostics);
  const host = options.chatter === true ? new HostAddresses() : undefined;
  let whole = await bind(expand(graph, options.set, diagnostics, host));
  if ((graph.language === 'click' || graph.loopsWait === true) && whole.loops.length > 0) whole = await bind(withLoopStores(whole.expanded, whole.loops.map((loop) => loop.at(-1)!)));
  const { expanded, bound, args, ports, resolved, loops } = whole;
  reportLoops(loops, diagnostics);
  const devices = interfacesOf(bound, args, expanded, diagnostics);
  const facts = bound.map(({ index, expanded: { name }, element }): ElementFacts => ({ index, name, className: element.class.name, config: args[index]?.values, inputs: ports[index]!.inputs.length, outputs: ports[index]!.outputs.length }));
  const complete = args.every((values) => values !== undefined);
  const interfaceNames = expanded.interfaces.map(({ name }) => name);
  const elements = bound.map(({ expanded: { name } }) => elementsAround(facts, interfaceNames, name));
  const built = bound.map((instance) => {
    const given = args[instance.index];
    // Elements that look at others need them whole.
    if (!complete && instance.element.class.definition.peers !== undefined) return undefined;
    const { inputs, outputs } = ports[instance.index]!;
    return given && buildInstance(instance, given, { length: inputs.length, pulled: resolved[instance.index]?.inputs[0] === 'pull' }, { length: outputs.length, connected: outputs.filter(({ edges }) => edges.length > 0).length }, { elements: elements[instance.index]!, files, chatter: options.chatter ?? false }, diagnostics);
  });
  warnOfUnused(graph, bound, ports, devices, expanded, diagnostics);
  if (diagnostics.failed) return undefined;
  const instances = bound.map((instance): Instance => ({
    index: instance.index,
    name: instance.expanded.name,
    class: instance.element.class,
    classFile: instance.element.source.file,
    config: args[instance.index]!.values,
    configText: args[instance.index]!.text,
    given: givenBy(instance),
    scope: instance.expanded.scope,
    inputs: inputsOf(ports[instance.index]!, resolved[instance.index]!),
    outputs: outputsOf(ports[instance.index]!, resolved[instance.index]!),
    state: built[instance.index]!.state,
    built: built[instance.index]!.built,
    peers: built[instance.index]!.peers,
    elements: elements[instance.index]!,
    ...(options.chatter === true && { chatter: true }),
    interface: devices.get(instance.index),
    ...(instance.expanded.implied === true && { implied: true }),
    span: instance.expanded.span,
  }));
  const watching = withNearPeers(withQueues(instances, diagnostics), diagnostics);
  refuseUnsplit(graph.cpus, instances, diagnostics);
  if (diagnostics.failed) return undefined;
  const receiving = new Set(instances.filter((instance) => instance.class.definition.device === 'receive').map((instance) => instance.interface));
  const interfaces = expanded.interfaces.map(({ name, index, mac, address, prefixLength }): Interface => ({
    name, index, mac, address, prefixLength, receives: receiving.has(index),
  }));
  const texts = [...files.texts, ...(host?.texts ?? [])];
  let sha256: string | undefined;
  return {
    name: graph.name,
    version: graph.version,
    source: graph.source,
    get sha256() {
      return (sha256 ??= hashOf(graph, options, bound, texts));
    },
    interfaces,
    instances: watching,
    cpus: graph.cpus?.value ?? 1,
    information: expanded.information,
    requirements: graph.requirements ?? [],
  };
}

/** Of each instance with arrows that begin at it: one more than the highest port. */
function outputsInUse({ connections }: ExpandedGraph): Map<ExpandedInstance, number> {
  const found = new Map<ExpandedInstance, number>();
  for (const { from: { instance, port } } of connections) {
    const number = typeof port?.value === 'number' ? port.value : 0;
    found.set(instance, Math.max(found.get(instance) ?? 0, number + 1));
  }
  return found;
}

function givenBy({ expanded }: BoundInstance): readonly string[] | undefined {
  return expanded.arguments.form === 'click' ? expanded.arguments.list.map(({ value }) => value) : undefined;
}

function foldersOf(graph: Graph, { elementFolders }: CheckOptions): ElementFolder[] {
  const beside = path.dirname(graph.source.file);
  return [
    ...graph.elementFolders.map(({ value, span }) => ({ folder: path.resolve(beside, value), span })),
    ...elementFolders.map((folder) => ({ folder })),
  ];
}

function inputsOf({ inputs }: BoundPorts, resolved: ResolvedPorts): Instance['inputs'] {
  return inputs.map(({ name, edges }, port) => ({
    name,
    processing: resolved.inputs[port]!,
    from: edges.map(({ from }) => ({ instance: from.instance.index, port: from.port })),
  }));
}

function outputsOf({ outputs }: BoundPorts, resolved: ResolvedPorts): Instance['outputs'] {
  return outputs.map(({ name, edges }, port) => ({
    name,
    processing: resolved.outputs[port]!,
    to: edges.map(({ to }) => ({ instance: to.instance.index, port: to.port })),
  }));
}

/** The interface of each device, by the instance's index. */
function interfacesOf(bound: readonly BoundInstance[], args: readonly (BoundArguments | undefined)[], { interfaces }: ExpandedGraph, diagnostics: Diagnostics): Map<number, number> {
  const devices = new Map<number, number>();
  const receivers = new Map<number, BoundInstance>();
  for (const instance of bound) {
    const { expanded, element } = instance;
    const { device } = element.class.definition;
    const name = args[instance.index]?.values['devname'];
    if (device === undefined || typeof name !== 'string') continue;
    const found = interfaces.find((candidate) => candidate.name === name);
    if (found === undefined) {
      const names = interfaces.map((candidate) => candidate.name);
      const hint = suggestion(name, names) ?? `It has ${names.join(', ')}.`;
      diagnostics.error('WL1207', expanded.span, `the appliance has no interface "${name}"`, hint);
      continue;
    }
    devices.set(instance.index, found.index);
    if (device !== 'receive') continue;
    const other = receivers.get(found.index);
    if (other === undefined) receivers.set(found.index, instance);
    else {
      diagnostics.error('WL1208', expanded.span, `two elements receive from the interface "${name}"`, 'Receive once, and send copies where they are wanted with a Tee.', [
        { message: 'the other one', span: other.expanded.span },
      ]);
    }
  }
  return devices;
}

function warnOfUnused(graph: Graph, bound: readonly BoundInstance[], ports: readonly BoundPorts[], devices: ReadonlyMap<number, number>, { interfaces }: ExpandedGraph, diagnostics: Diagnostics): void {
  if (diagnostics.failed) return;
  const used = new Set(devices.values());
  for (const { name, index, span } of interfaces) {
    if (!used.has(index)) diagnostics.warning('WL1280', span, `the interface "${name}" is not used`, 'Begin or end an arrow with it, or leave it out.');
  }
  for (const { expanded, index, element } of bound) {
    const { inputs, outputs } = ports[index]!;
    const connected = [...inputs, ...outputs].some(({ edges }) => edges.length > 0);
    const { inputs: takes, outputs: gives, definition } = element.class;
    const portless = takes.named?.length === 0 && gives.named?.length === 0;
    if (!connected && !portless && definition.control === undefined) {
      diagnostics.warning('WL1281', expanded.span, `"${expanded.localName}" (${element.class.name}) is connected to nothing`);
    }
  }
  if (bound.length === 0) diagnostics.warning('WL1282', graph.source.span(0, Math.min(1, graph.source.text.length)), 'the graph has no elements: it does nothing');
}

/** Of all that decides the appliance; `texts`: what was read besides the graph. */
function hashOf(graph: Graph, { set }: CheckOptions, bound: readonly BoundInstance[], texts: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (text: string) => hash.update(`${Buffer.byteLength(text)}:${text}`);
  for (const text of [...graph.files.map((file) => file.text), ...texts]) add(text);
  for (const [name, value] of [...set].sort(([a], [b]) => (a < b ? -1 : 1))) add(`${name}=${value}`);
  const elements = new Map(bound.map(({ element }) => [element.class.name, element.sha256]));
  for (const [name, sha256] of [...elements].sort(([a], [b]) => (a < b ? -1 : 1))) add(`${name} ${sha256}`);
  // The name may come from the file's, from which generated addresses follow.
  add(graph.name);
  return hash.digest('hex');
}
