/** What is not as fast as it might be, why, and what would change that: for elements and edges of `explain --report`. */
import type { Instance } from '../graph/graph.js';
import { entryBytes } from '../plan/plan.js';
import { contains, methodsOf, packetMethodsOf } from './graph-uses.js';
import type { Lowered } from './lowered.js';
import { calledFrom, loopRounds } from './worst-case.js';
import type { DecisionProgram } from '../kit/classify/program.js';
import type { Statement } from './ir.js';

export interface Compromise {
  readonly what: string;
  readonly why: string;
  readonly change: string;
}

/** How many ways lead to the inputs of an instance, and how its functions are compiled. */
export interface Reached {
  readonly callers: number;
  readonly called: boolean;
  readonly copied: boolean;
}

/** Why a packet that enters is handed over by a call; none where it is not. */
export function callOf({ callers, called, copied }: Reached): Compromise | undefined {
  if (called) {
    return { what: 'packets are handed on by a call', why: 'the graph is large: a function that all of a long chain were inlined into would take the C compiler without bound', change: 'Nothing, or fewer elements: of graphs of up to 15,000 lines of C everything is inlined.' };
  }
  if (callers <= 1) return undefined;
  if (copied) {
    return { what: 'all ways but the shortest from an interface hand packets on by a call', why: `${callers} ways lead here; what lies on the shortest is inlined there`, change: 'Nothing, or an element of its own for each way.' };
  }
  return { what: 'packets are handed on by a call', why: `${callers} ways lead here: what is inlined into each would be there as often`, change: 'Give each way an element of its own, where the packets are many.' };
}

/** Of one element. */
export function compromisesOf(lowered: Lowered, instance: Instance, reached: Reached, traps: number): Compromise[] {
  const { facts, routines } = lowered;
  const bodies = methodsOf(routines[instance.index]!).map(({ body }) => body);
  const has = (test: (statement: Statement) => boolean) => bodies.some((body) => contains(body, test));
  const list: (Compromise | undefined)[] = [callOf(reached), ...tables(lowered, instance), choice(lowered, instance)];
  if (!facts.annotationsInVariables && has(({ op }) => op === 'annotation-load' || op === 'annotation-store')) {
    list.push({ what: 'annotations lie in memory', why: 'some element of the graph computes where an annotation is, or the graph reads more than three annotation words', change: 'Use annotations at fixed places.' });
  }
  const rounds = packetMethodsOf(routines[instance.index]!).flatMap(({ body }) => loopRounds(body));
  if (rounds.length > 0) {
    list.push({ what: `${rounds.length === 1 ? 'a loop runs' : `${rounds.length} loops run`} per packet, up to ${Math.max(...rounds)} rounds`, why: 'the bound depends on the packet, or is too large to unroll', change: 'Bound it by a smaller constant, or by a list that is known when the graph is built.' });
  }
  const functions = calledFrom(bodies);
  if (functions.length > 0) list.push({ what: `functions are called: ${functions.join(', ')}`, why: 'the element is large, and they would be in it several times', change: 'Call them from one place, or make them shorter: see decision 15.' });
  if (has(({ op }) => op === 'emit-copy')) list.push({ what: 'packets are copied', why: 'one packet leaves by several outputs', change: 'Send it by fewer outputs.' });
  if (has(({ op }) => op === 'enqueue' || op === 'list-append')) list.push({ what: 'packets wait in memory', why: 'they are pulled later, or come back in another order', change: 'Leave the queue out where nothing behind it pulls for a reason of its own.' });
  if (has(({ op }) => op === 'timestamp-load')) list.push({ what: 'each frame is stamped as it comes', why: 'this element reads time stamps', change: "Use the element's clock where the time of the round is exact enough." });
  if (has(({ op }) => op === 'log')) list.push({ what: 'text is written on the packet path', why: 'this element prints', change: 'Leave it out of what is to be fast, or count instead.' });
  for (const program of programsOf(bodies)) {
    const parts = (program as DecisionProgram).parts.length;
    if (parts > 1) list.push({ what: `the rules are ${parts} decision programs, which each packet goes through all`, why: 'together they would be too large', change: 'Let rules look at the same fields in the same way, and sort them by what most packets differ in.' });
  }
  if (facts.counted.includes(instance.index) && !has(({ op }) => op === 'enqueue')) {
    list.push({ what: 'packets that leave are counted one by one', why: 'not each packet that enters leaves by one verdict, so the number does not follow from others', change: 'Return the output instead of emitting, where there is one.' });
  }
  if (traps > 0) list.push({ what: 'accesses can fail, and are checked for each packet', why: 'the packet alone says how long it is, or whether a header was marked', change: 'In the element, look at all of a header through one view: checks of the same view are one. What comes before it cannot prove it.' });
  return list.filter((item) => item !== undefined);
}

function tables({ facts }: Lowered, instance: Instance): Compromise[] {
  const asked = facts.asked.find((item) => item.instance === instance.index);
  return Object.entries(instance.state).flatMap(([name, entry]): Compromise[] => {
    if (entry.kind !== 'table' || entryBytes(entry) < facts.lookAheadFrom || asked?.entries.includes(name) === true) return [];
    return [{ what: `table ${name} does not fit the cache and is not asked for ahead`, why: 'its key is not known from the packet alone, or the packet comes from a store', change: 'Look it up by fields of the packet, before other look-ups, or lower its capacity.' }];
  });
}

function choice({ facts, plan, routines }: Lowered, instance: Instance): Compromise | undefined {
  const chooses = methodsOf(routines[instance.index]!).some(({ body }) => contains(body, (statement) => statement.op === 'finish' && statement.to?.kind === 'any-output'));
  const targets = instance.outputs.map(({ to }) => to[0] && plan.graph.instances[to[0].instance]!);
  const alike = targets.every((target) => target?.class.definition.device !== undefined) || facts.lanes.some((group) => targets.every((target) => target !== undefined && group.includes(target.index)));
  if (!chooses || targets.length <= 1 || alike) return undefined;
  const why = targets.some((target) => target === undefined) ? 'not all outputs are connected' : 'what is behind the outputs differs in more than constants, or keeps state';
  return { what: 'the choice of an output is a branch', why, change: 'Put the same chain of elements, with other arguments, behind each output.' };
}

/** Decision programs of these blocks, each once. */
export function programsOf(bodies: readonly (readonly Statement[])[]): object[] {
  const found = new Set<object>();
  for (const body of bodies) contains(body, (statement) => (statement.op === 'classify' && found.add(statement.program), false));
  return [...found];
}
