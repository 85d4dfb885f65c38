/** What the compiler made of each element and edge, and where it could not do its best: `explain --report`. */
import type { CheckedGraph, Instance } from '../graph/graph.js';
import { packetsHeld } from '../kit/state.js';
import { tableSlots } from '../kit/table.js';
import { entryBytes } from '../plan/plan.js';
import { storageBytes, storageType } from '../plan/storage.js';
import type { PrintedProgram } from './c-classify.js';
import { pushName } from './c-names.js';
import { callOf, compromisesOf, programsOf, type Compromise, type Reached } from './compromises.js';
import { methodsOf, packetMethodsOf, proceduresOf } from './graph-uses.js';
import type { Block, ConstantArray } from './ir.js';
import type { Lowered } from './lowered.js';
import { worstCase, type Work } from './worst-case.js';

export interface ElementReport {
  readonly name: string;
  readonly class: string;
  /**
   * `fused`: one function that the C compiler joins with what is before and behind; `shared`: one that several ways call;
   * `called`: one that is called as the graph is large; `lanes`: one with the elements beside it.
   */
  readonly code: 'device' | 'fused' | 'shared' | 'called' | 'lanes';
  /** Of a class, for `lanes`. */
  readonly with?: readonly string[];
  /** Packets of a batch one after the other, or after all have asked for the memory they want. */
  readonly batch: 'one by one' | 'asks ahead';
  /** Arguments that are constants in the code: all of them. */
  readonly folded_arguments: string;
  /** Arrays that were computed when the graph was built. */
  readonly constants: readonly { readonly name?: string; readonly entries: number; readonly bytes: number }[];
  /** Decision programs of rules and patterns. */
  readonly programs: readonly PrintedProgram[];
  readonly state: readonly { readonly name: string; readonly kind: string; readonly bytes: number; readonly entries?: number; readonly packets?: number; readonly look_up?: string }[];
  /** The most that is done with one packet, loops with all their rounds. */
  readonly worst_case: Work;
  /** Accesses that can still fail, and what is counted then. */
  readonly traps: readonly { readonly reason: string; readonly at: string }[];
  readonly compromises: readonly Compromise[];
}

export interface EdgeReport {
  readonly from: string;
  readonly to: string;
  /** How a packet gets over: by a call that vanishes, a call, a choice among lanes, from a store when the other side pulls, to a device. */
  readonly by: 'fused call' | 'call' | 'lane' | 'pull' | 'device';
  readonly fused: boolean;
  /** In a loop over the packets that an interface received together, over those that one may send, or each by itself. */
  readonly batched: 'received together' | 'sent together' | 'one by one';
  /** Where it is a call or a pull. */
  readonly why?: string;
  readonly change?: string;
}

/** The report of a lowered graph. */
export function reportOf(lowered: Lowered): { elements: ElementReport[]; edges: EdgeReport[] } {
  const { graph } = lowered.plan;
  const reached = graph.instances.map((instance) => reachedOf(lowered, instance));
  const inBatches = behindInterfaces(graph);
  return {
    elements: graph.instances.map((instance) => elementReport(lowered, instance, reached[instance.index]!)),
    edges: graph.instances.flatMap((instance) => edgesOf(lowered, instance, reached, inBatches)),
  };
}

function reachedOf({ facts, routines, plan }: Lowered, instance: Instance): Reached {
  // Interfaces whose packets go to the same input share one loop.
  const callers = instance.inputs.map(({ from }) => {
    const received = from.filter((end) => plan.graph.instances[end.instance]!.class.definition.device === 'receive').length;
    return from.length - received + Math.min(1, received);
  });
  const names = instance.inputs.map((_, port) => pushName(instance, port, routines[instance.index]!.process[port]));
  return {
    callers: callers.reduce((sum, count) => sum + count, 0),
    called: names.some((name) => facts.called.has(name)),
    copied: names.some((name) => facts.copied.has(name)),
  };
}

/** Numbers of the instances that packets reach by pushes alone from where they were received. */
function behindInterfaces({ instances }: CheckedGraph): ReadonlySet<number> {
  const waiting = instances.filter(({ class: type }) => type.definition.device === 'receive').map(({ index }) => index);
  const reached = new Set(waiting);
  for (const index of waiting) {
    for (const { to, processing } of instances[index]!.outputs) {
      for (const { instance } of processing === 'push' ? to : []) if (!reached.has(instance)) waiting.push((reached.add(instance), instance));
    }
  }
  return reached;
}

function edgesOf(lowered: Lowered, instance: Instance, reached: readonly Reached[], inBatches: ReadonlySet<number>): EdgeReport[] {
  const { instances } = lowered.plan.graph;
  return instance.outputs.flatMap(({ name, to, processing }) =>
    to.map(({ instance: index, port }): EdgeReport => {
      const target = instances[index]!;
      const by = edgeKind(lowered, target, processing, reached[index]!);
      const reason = by === 'pull' ? PULLED : by === 'call' ? callOf(reached[index]!) : undefined;
      const sends = processing === 'pull' && target.class.definition.device === 'send';
      return {
        from: `${instance.name}[${name}]`,
        to: `[${target.inputs[port]!.name}]${target.name}`,
        by,
        fused: by !== 'call',
        batched: sends ? 'sent together' : processing === 'push' && inBatches.has(instance.index) ? 'received together' : 'one by one',
        ...(reason === undefined ? {} : { why: reason.why, change: reason.change }),
      };
    }),
  );
}

const PULLED = { why: 'packets are pulled: they were stored before, and are taken one at a time', change: 'Leave the queue out where nothing behind it pulls for a reason of its own.' };

function edgeKind({ facts }: Lowered, target: Instance, processing: string, { callers, called }: Reached): EdgeReport['by'] {
  if (processing === 'pull') return 'pull';
  if (target.class.definition.device !== undefined) return 'device';
  if (facts.lanes.some((lane) => lane.includes(target.index))) return 'lane';
  return callers === 1 && !called ? 'fused call' : 'call';
}

function elementReport(lowered: Lowered, instance: Instance, reached: Reached): ElementReport {
  const { facts, counters, routines, plan } = lowered;
  const methods = methodsOf(routines[instance.index]!).map(({ body }) => body);
  const lane = facts.lanes.find((group) => group.includes(instance.index));
  const asked = facts.asked.find((item) => item.instance === instance.index);
  const arrays = new Set(methods.flatMap(constantsOf));
  const traps = counters.sites.filter((site) => site.instance === instance.index).map(({ reason, place }) => ({ reason, at: place }));
  const device = instance.class.definition.device !== undefined;
  return {
    name: instance.name,
    class: instance.class.name,
    code: device ? 'device' : lane !== undefined ? 'lanes' : reached.called ? 'called' : reached.callers <= 1 ? 'fused' : 'shared',
    ...(lane === undefined ? {} : { with: lane.filter((index) => index !== instance.index).map((index) => plan.graph.instances[index]!.name) }),
    batch: asked === undefined ? 'one by one' : 'asks ahead',
    folded_arguments: instance.configText.length > 200 ? `${instance.configText.slice(0, 200)}...` : instance.configText,
    constants: [...arrays].map((array) => constantReport(instance, array)),
    programs: programsOf(methods).flatMap((program) => facts.programs.get(program) ?? []),
    state: stateReport(instance),
    worst_case: worstCase(packetMethodsOf(routines[instance.index]!).map(({ body }) => body)),
    traps,
    compromises: device ? [] : compromisesOf(lowered, instance, lane === undefined ? reached : { ...reached, callers: 1 }, traps.length),
  };
}

function constantReport({ built }: Instance, { values, range }: ConstantArray): ElementReport['constants'][number] {
  const name = memberOf(built, values, 4);
  return { ...(name === undefined ? {} : { name }), entries: values.length, bytes: values.length * storageBytes(storageType(range)) };
}

/** Which member of what an element built an array is, at most so deep. */
function memberOf(value: unknown, array: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Array.isArray(value) || depth === 0) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (member === array) return name;
    const inner = memberOf(member, array, depth - 1);
    if (inner !== undefined) return `${name}.${inner}`;
  }
  return undefined;
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
