import { DiagnosticError, failure, SourceText, type Span } from '../../diagnostics.js';
import { loadGraph, tryLoadGraph } from '../../graph/load.js';
import type { CheckedGraph, Graph } from '../../graph/graph.js';
import { suggestion } from '../../suggest.js';
import { formatMac } from '../../kit/address.js';
import { packageRoot } from '../../package-root.js';
import { plan, type Plan } from '../../plan/plan.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Call, type Command } from '../command.js';
import { reportText, type GraphReport } from '../show-report.js';

const STAGES = ['read', 'check', 'plan', 'lower', 'link'] as const;
type Stage = (typeof STAGES)[number];

export const command: Command = {
  usage: 'GRAPH [--after=STAGE | --element NAME]',
  summary: "Shows what a stage makes of a graph, or an element's TypeScript beside its C.",
  options: {
    ...GRAPH_OPTIONS,
    after: { type: 'string', value: STAGES.join('|'), doc: 'The stage; check unless said.' },
    element: { type: 'string', value: 'NAME', doc: "An element's TypeScript beside the C that came of it." },
    report: { type: 'boolean', doc: 'What the appliance consists of, and what the compiler made of each element and edge.' },
  },
  positionals: [1, 1],
  async run(call) {
    const file = call.positionals[0]!;
    const element = call.text('element');
    if (element !== undefined) return explainElement(call, file, element);
    const after = call.text('after') ?? 'check';
    if (!(STAGES as readonly string[]).includes(after)) {
      throw new UsageError('WL1391', `--after=${after} is not a stage`, suggestion(after, STAGES) ?? `The stages are ${STAGES.join(', ')}.`);
    }
    const value = await stageValue(call, file, after as Stage);
    const text = () => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    const document = typeof value === 'string' ? { c: value } : value;
    if (call.flag('report')) {
      const { name, report } = await reportOn(call, file);
      call.print(() => [...(call.text('after') === undefined ? [] : [text()]), reportText(name, report)].join('\n'), { ...document, report });
    } else {
      call.print(text, document);
    }
    return 0;
  },
};

async function stageValue(call: Call, file: string, stage: Stage): Promise<object | string> {
  const options = loadOptions(call);
  if (stage === 'read') {
    const { graph, diagnostics } = await tryLoadGraph(file, options);
    if (graph === undefined) throw new DiagnosticError(diagnostics);
    return readValue(graph);
  }
  const { checked } = await loadGraph(file, options);
  if (stage === 'check') return checkValue(checked);
  const planned = plan(checked);
  if (stage === 'plan') return planValue(planned);
  if (stage === 'lower') return (await lowered(planned)).source('wl_guest.h');
  const { build } = await import('../../image/build.js');
  const { file: image, manifest, bytes, sha256 } = await build(planned, 'vm');
  const { internals: _, ...shown } = manifest;
  return { image, bytes, sha256, ...shown };
}

async function lowered(planned: Plan) {
  const { lower } = await import('../../compile/lower.js');
  return lower(planned);
}

async function reportOn(call: Call, file: string): Promise<{ name: string; report: GraphReport }> {
  const { checked } = await loadGraph(file, loadOptions(call));
  const planned = plan(checked);
  const result = await lowered(planned);
  const { counters, source } = result;
  const { reportOf } = await import('../../compile/report.js');
  const text = source('wl_guest.h');
  const report = {
    memory: { packets: planned.smallSlots + planned.jumboSlots, pool_bytes: planned.poolBytes, state_bytes: planned.stateBytes },
    counters: counters.count,
    trap_sites: counters.sites.length,
    c_lines: text.split('\n').filter((line) => !line.startsWith('#line')).length,
    functions: (text.match(/^static .*\) \{$/gm) ?? []).length,
    ...reportOf(result),
  };
  return { name: checked.name, report };
}

async function explainElement(call: Call, file: string, name: string): Promise<number> {
  const { checked } = await loadGraph(file, loadOptions(call));
  const instance = checked.instances.find((candidate) => candidate.name === name);
  if (instance === undefined) {
    const names = checked.instances.map((candidate) => candidate.name);
    throw failure('WL1393', `${file} has no element "${name}"`, suggestion(name, names) ?? `It has ${names.join(', ')}.`);
  }
  const { listing, formatListing, readShown } = await import('../../compile/listing.js');
  const shown = listing(await lowered(plan(checked)), instance, readShown(packageRoot));
  call.print(() => formatListing(shown), shown);
  return 0;
}

// ---- stages as plain values ----------------------------------------------------------------------------

/** Places become `file:line:column`; texts of whole files are left out. */
function plain(value: unknown): unknown {
  if (value instanceof SourceText) return value.file;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array || value instanceof Map || value instanceof Set) return [...value].map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const { source, start, end } = value as Partial<Span>;
  if (source instanceof SourceText && start !== undefined && end !== undefined) {
    const { line, column } = source.position(start);
    return `${source.file}:${line}:${column}`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function readValue({ files, ...graph }: Graph): object {
  return { ...(plain(graph) as object), files: files.map((source) => source.file) };
}

function checkValue({ name, version, sha256, interfaces, instances }: CheckedGraph): object {
  return {
    name,
    version,
    graph_sha256: sha256,
    interfaces: interfaces.map((item) => ({ ...item, mac: formatMac(item.mac) })),
    elements: instances.map(({ index, name: element, class: type, configText, inputs, outputs, interface: device, span }) => ({
      index,
      name: element,
      class: type.name,
      config: configText,
      inputs: inputs.map(({ name: port, processing, from }) => ({ name: port, processing, from: from.map((end) => `${instances[end.instance]!.name}[${end.port}]`) })),
      outputs: outputs.map(({ name: port, processing, to }) => ({ name: port, processing, to: to.map((end) => `[${end.port}]${instances[end.instance]!.name}`) })),
      ...(device === undefined ? {} : { interface: interfaces[device]!.name }),
      at: plain(span),
    })),
  };
}

function planValue({ graph, ringSize, smallSlots, jumboSlots, packetsHeld, stateBytes, poolBytes }: Plan): object {
  return {
    name: graph.name,
    elements: graph.instances.length,
    ring_descriptors: ringSize,
    packets: smallSlots,
    jumbo_packets: jumboSlots,
    held_packets: packetsHeld,
    state_bytes: stateBytes,
    pool_bytes: poolBytes,
  };
}

