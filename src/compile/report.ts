/** What the compiler made of each element and edge, and where it could not do its best: `explain --report`. */
import type { Instance } from '../graph/graph.js';
import { packetsHeld } from '../kit/state.js';
import { tableSlots } from '../kit/table.js';
import { entryBytes } from '../plan/plan.js';
import { storageType } from './c-expression.js';
import { contains, methodsOf, proceduresOf, walk } from './graph-uses.js';
import type { Block, ConstantArray, Procedure } from './ir.js';
import type { Lowered } from './lower.js';

/** What passes over the whole graph did; kept while the unit is printed. */
export interface UnitFacts {
  /** Instances that are one code path, by number. */
  readonly lanes: readonly (readonly number[])[];
  /** Instances whose tables or constants are asked for ahead, and which entries of their state. */
  readonly asked: readonly { readonly instance: number; readonly entries: readonly string[]; readonly constants: boolean }[];
  /** Whether annotations live in variables. */
  readonly annotationsInVariables: boolean;
  /** Functions that are called because what would be inlined was too much; by name in C. */
  readonly called: ReadonlySet<string>;
  readonly lookAheadFrom: number;
}

export interface Compromise {
  readonly what: string;
  readonly why: string;
  readonly change: string;
}

export interface ElementReport {
  readonly name: string;
  readonly class: string;
  /** `fused`: one function that the C compiler joins with what is before and behind; `lanes`: one with the elements beside it. */
  readonly code: 'device' | 'fused' | 'shared' | 'lanes';
  /** Of a class, for `lanes`. */
  readonly with?: readonly string[];
  /** Packets of a batch one after the other, or after all have asked for the memory they want. */
  readonly batch: 'one by one' | 'asks ahead';
  /** Arguments that are constants in the code: all of them. */
  readonly folded_arguments: string;
  readonly constants: readonly { readonly entries: number; readonly bytes: number }[];
  readonly state: readonly { readonly name: string; readonly kind: string; readonly bytes: number; readonly entries?: number; readonly packets?: number; readonly look_up?: string }[];
  /** Statements on the longest way through, and loops that do not end with them. */
  readonly longest_way: { readonly statements: number; readonly loops: number };
  readonly traps: readonly { readonly reason: string; readonly at: string }[];
  readonly compromises: readonly Compromise[];
}

export interface EdgeReport {
  readonly from: string;
  readonly to: string;
  /** How a packet gets over: by a call that vanishes, a call, a choice among lanes, from a store when the other side pulls, to a device. */
  readonly by: 'fused call' | 'call' | 'lane' | 'pull' | 'device';
}

/** The report of a lowered graph. */
export function reportOf(lowered: Lowered): { elements: ElementReport[]; edges: EdgeReport[] } {
  const { instances } = lowered.plan.graph;
  const callers = instances.map((instance) => instance.inputs.reduce((sum, { from }) => sum + from.length, 0));
  return {
    elements: instances.map((instance) => elementReport(lowered, instance, callers[instance.index]!)),
    edges: instances.flatMap((instance) =>
      instance.outputs.flatMap(({ name, to, processing }) =>
        to.map((end) => ({
          from: `${instance.name}[${name}]`,
          to: `[${instances[end.instance]!.inputs[end.port]!.name}]${instances[end.instance]!.name}`,
          by: edgeKind(lowered, instances[end.instance]!, processing, callers[end.instance]!),
        })),
      ),
    ),
  };
}

function edgeKind({ facts }: Lowered, target: Instance, processing: string, callers: number): EdgeReport['by'] {
  if (processing === 'pull') return 'pull';
  if (target.class.definition.device !== undefined) return 'device';
  if (facts.lanes.some((lane) => lane.includes(target.index))) return 'lane';
  return callers === 1 ? 'fused call' : 'call';
}

function elementReport(lowered: Lowered, instance: Instance, callers: number): ElementReport {
  const { facts, counters, routines, plan } = lowered;
  const methods = methodsOf(routines[instance.index]!);
  const lane = facts.lanes.find((group) => group.includes(instance.index));
  const asked = facts.asked.find((item) => item.instance === instance.index);
  const arrays = new Set(methods.flatMap(({ body }) => constantsOf(body)));
  return {
    name: instance.name,
    class: instance.class.name,
    code: instance.class.definition.device !== undefined ? 'device' : lane !== undefined ? 'lanes' : callers <= 1 ? 'fused' : 'shared',
    ...(lane === undefined ? {} : { with: lane.filter((index) => index !== instance.index).map((index) => plan.graph.instances[index]!.name) }),
    batch: asked === undefined ? 'one by one' : 'asks ahead',
    folded_arguments: instance.configText.length > 200 ? `${instance.configText.slice(0, 200)}...` : instance.configText,
    constants: [...arrays].map(({ values, range }) => ({ entries: values.length, bytes: (values.length * Number(/\d+/.exec(storageType(range))![0])) / 8 })),
    state: stateReport(instance),
    longest_way: {
      statements: Math.max(0, ...methods.map(({ body }) => longest(body))),
      loops: methods.reduce((sum, { body }) => sum + count(body, 'loop'), 0),
    },
    traps: counters.sites.filter((site) => site.instance === instance.index).map(({ reason, place }) => ({ reason, at: place })),
    compromises: compromisesOf(lowered, instance),
  };
}

function stateReport(instance: Instance): ElementReport['state'] {
  return Object.entries(instance.state).map(([name, entry]) => ({
    name,
    kind: entry.kind,
    bytes: entryBytes(entry),
    ...(entry.kind === 'table' ? { entries: entry.capacity, look_up: `two buckets of eight among ${tableSlots(entry.capacity)} slots; full buckets ${entry.evict === undefined ? 'refuse' : `give up the lowest ${entry.evict}`}` } : {}),
    ...(packetsHeld(entry) > 0 ? { packets: packetsHeld(entry) } : {}),
  }));
}

/** What is not as fast as it might be, why, and what would change that. */
function compromisesOf({ facts, plan, routines }: Lowered, instance: Instance): Compromise[] {
  const list: Compromise[] = [];
  const methods = methodsOf(routines[instance.index]!);
  const asked = facts.asked.find((item) => item.instance === instance.index);
  const uses = (op: string) => methods.some(({ body }) => contains(body, (statement) => statement.op === op));
  for (const [name, entry] of Object.entries(instance.state)) {
    if (entry.kind !== 'table' || entryBytes(entry) < facts.lookAheadFrom || asked?.entries.includes(name) === true) continue;
    list.push({ what: `table ${name} does not fit the cache and is not asked for ahead`, why: 'its key is not known from the packet alone, or the packet comes from a store', change: 'Look it up by fields of the packet, before other look-ups, or lower its capacity.' });
  }
  if (!facts.annotationsInVariables && (uses('annotation-load') || uses('annotation-store'))) {
    list.push({ what: 'annotations lie in memory', why: 'some element of the graph computes where an annotation is, or the graph reads more than three annotation words', change: 'Use annotations at fixed places.' });
  }
  if (uses('loop')) list.push({ what: 'a loop runs per packet', why: 'its bound depends on the packet, or is too large to unroll', change: 'Bound it by a smaller constant, or by a list that is known when the graph is built.' });
  const chooses = methods.some(({ body }) => contains(body, (statement) => statement.op === 'finish' && statement.to?.kind === 'any-output'));
  const targets = instance.outputs.map(({ to }) => to[0] && plan.graph.instances[to[0].instance]!);
  const alike = targets.every((target) => target?.class.definition.device !== undefined) || facts.lanes.some((group) => targets.every((target) => target !== undefined && group.includes(target.index)));
  if (chooses && targets.length > 1 && !alike) {
    const why = targets.some((target) => target === undefined) ? 'not all outputs are connected' : 'what is behind the outputs differs in more than constants, or keeps state';
    list.push({ what: 'the choice of an output is a branch', why, change: 'Put the same chain of elements, with other arguments, behind each output.' });
  }
  return list;
}

function constantsOf(block: Block): ConstantArray[] {
  const found = new Set<ConstantArray>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    const record = value as Record<string, unknown>;
    if (record['op'] === 'constant') found.add(record['array'] as ConstantArray);
    for (const [key, member] of Object.entries(record)) if (key !== 'at' && key !== 'array' && key !== 'program' && key !== 'procedure') visit(member);
  };
  visit(block);
  for (const { routine } of proceduresOf(block)) visit(routine.body);
  return [...found];
}

/** Statements on the longest way through a block; what a loop repeats counts once. */
function longest(block: Block): number {
  return block.reduce((sum, statement) => {
    if (statement.op === 'if') return sum + 1 + Math.max(longest(statement.then), longest(statement.otherwise));
    if (statement.op === 'invoke') return sum + 1 + longestOf(statement.procedure);
    return sum + (statement.op === 'block' || statement.op === 'loop' ? longest(statement.body) : 1);
  }, 0);
}

const lengths = new WeakMap<Procedure, number>();

function longestOf(procedure: Procedure): number {
  let length = lengths.get(procedure);
  if (length === undefined) lengths.set(procedure, (length = longest(procedure.routine.body)));
  return length;
}

function count(block: Block, op: string): number {
  let found = 0;
  walk(block, (statement) => (found += Number(statement.op === op)));
  return found;
}
