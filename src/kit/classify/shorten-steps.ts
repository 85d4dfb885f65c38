/**
 * Makes a program of word steps shorter, as Click does before it shows it: tests of one conjunction stand in the order of the
 * packet, tests whose outcome is known from those before are passed over, and tests of one word become one.
 */
import { bytesNeeded, type Step, type Target } from './word-steps.js';

/** What a path has found out: the outcome of a step. */
interface Fact {
  readonly step: number;
  readonly yes: boolean;
}

/** Paths to a step that are told apart; if there are more, what they have in common. */
const PATHS_MAX = 4;

/** Where a word's tests stand in a conjunction. */
export type Rank = (offset: number) => number;

/** The steps, shortened; none at all where every packet goes to `everything`. */
export function shortened(given: readonly Step[], rank: Rank): { steps: Step[]; everything?: Target } {
  const steps = given.map((step) => ({ ...step }));
  sortConjunctions(steps, rank);
  passOver(steps);
  joinWords(steps);
  return reached(steps);
}

/** The only step that leads to each, or undefined; the first step counts as none. */
function onlyPredecessors(steps: readonly Step[]): (number | undefined)[] {
  const found: number[][] = steps.map(() => []);
  steps.forEach(({ yes, no }, index) => {
    for (const target of [no, yes]) if (target > 0) found[target]!.push(index);
  });
  return found.map((from) => (from.length === 1 && from[0] !== 0 ? from[0] : undefined));
}

/** Orders neighbours of which each is asked only after the one before, and that fail (or succeed) alike. */
export function sortConjunctions(steps: Step[], rank: Rank): void {
  const before = onlyPredecessors(steps);
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index]!;
    for (const way of ['no', 'yes'] as const) {
      const next = step[way];
      const other = way === 'no' ? 'yes' : 'no';
      if (next <= 0 || before[next] === undefined) continue;
      const after = steps[next]!;
      if (step[other] !== after[other] || !standsAfter(step, after, rank)) continue;
      steps[next] = { ...step, [way]: after[way] };
      steps[index] = { ...after, [way]: next };
      // What came forward may belong before its predecessor, too.
      index = (before[index] ?? index) - 1;
      break;
    }
  }
}

function standsAfter(a: Step, b: Step, rank: Rank): boolean {
  const order = rank(a.offset) - rank(b.offset) || a.mask - b.mask || a.value - b.value;
  return order > 0;
}

/** Leads every branch past the steps whose outcome it knows. */
function passOver(steps: Step[]): void {
  const lengths = knownLengths(steps);
  const paths: Fact[][][] = [];
  const incoming: Set<number>[] = steps.map(() => new Set());
  const same = (a: Fact, b: Fact) => a.yes === b.yes && alike(steps[a.step]!, steps[b.step]!);
  const contrary = (a: Fact, b: Fact) => a.yes !== b.yes && alike(steps[a.step]!, steps[b.step]!);
  steps.forEach((step, index) => {
    let leading: Fact[][] = index === 0 ? [[]] : [];
    for (const from of incoming[index]!) {
      const { yes, no } = steps[from]!;
      for (const path of paths[from]!) {
        if (yes === no) leading.push(path);
        else {
          const fact: Fact = { step: from, yes: yes === index };
          if (!path.some((known) => contrary(known, fact))) leading.push([...path.filter((known) => !same(known, fact)), fact]);
        }
      }
    }
    if (leading.length > PATHS_MAX) leading = [leading[0]!.filter((fact) => leading.every((path) => path.some((other) => same(other, fact))))];
    paths[index] = leading;
    for (const way of ['yes', 'no'] as const) {
      if (step[way] <= 0 || leading.length === 0) continue;
      const ends = leading.map((path) => chain(steps, lengths, [...path, { step: index, yes: way === 'yes' }], step[way]));
      step[way] = lastInAll(ends);
      if (step[way] > 0) incoming[step[way]]!.add(index);
    }
  });
}

/** The steps that a packet of this path passes over from `target` on, and where it ends up. */
function chain(steps: readonly Step[], lengths: readonly number[], path: readonly Fact[], target: Target): Target[] {
  const passed = [target];
  for (let at = target; at > 0; ) {
    const outcome = outcomeOf(steps, lengths, path, steps[at]!);
    if (outcome === undefined) break;
    at = outcome ? steps[at]!.yes : steps[at]!.no;
    passed.push(at);
  }
  return passed;
}

function lastInAll(chains: readonly Target[][]): Target {
  const [first = [], ...others] = chains;
  return first.filter((target) => others.every((chain) => chain.includes(target))).at(-1) ?? first[0]!;
}

/** What the newest fact that decides the step says. */
function outcomeOf(steps: readonly Step[], lengths: readonly number[], path: readonly Fact[], asked: Step): boolean | undefined {
  if (asked.mask === 0) return true;
  for (let place = path.length - 1; place >= 0; place -= 1) {
    const { step: index, yes } = path[place]!;
    const known = steps[index]!;
    for (const outcome of [true, false]) {
      if (decides(known, yes, asked, outcome) && holdsWhenShort(known, yes, asked, outcome, lengths[index]!)) return outcome;
    }
  }
  return undefined;
}

function decides(known: Step, yes: boolean, asked: Step, outcome: boolean): boolean {
  if (known.offset !== asked.offset) return false;
  const both = (known.mask & asked.mask) >>> 0;
  if (yes) return both === asked.mask && (((known.value & both) >>> 0) === asked.value) === outcome;
  if (outcome) return isBit(known.mask) && known.mask === asked.mask && known.value !== asked.value;
  return both === known.mask && known.value === (asked.value & both) >>> 0;
}

/** Whether that is so for packets, too, that end before the step's bytes. */
function holdsWhenShort(known: Step, yes: boolean, asked: Step, outcome: boolean, length: number): boolean {
  if (known.shortYes !== yes) return true;
  const needed = bytesNeeded(known);
  return needed <= length || (needed <= bytesNeeded(asked) && outcome === asked.shortYes);
}

/** Bytes that a packet surely has when it comes to each step. */
function knownLengths(steps: readonly Step[]): number[] {
  const lengths = steps.map((_, index) => (index === 0 ? 0 : Infinity));
  steps.forEach((step, index) => {
    const there = Math.max(lengths[index]!, bytesNeeded(step));
    for (const way of ['yes', 'no'] as const) {
      const target = step[way];
      if (target <= 0) continue;
      lengths[target] = Math.min(lengths[target]!, (way === 'yes') === step.shortYes ? lengths[index]! : there);
    }
  });
  return lengths;
}

function isBit(mask: number): boolean {
  return mask !== 0 && (mask & (mask - 1)) === 0;
}

function alike(a: Step, b: Step): boolean {
  return a === b || (a.offset === b.offset && a.mask === b.mask && a.value === b.value && a.shortYes === b.shortYes);
}

/** Joins steps with those they lead to, from the last one on. */
function joinWords(steps: Step[]): void {
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index]!;
    for (let joined = true; joined; ) {
      const failing = step.no > 0 ? steps[step.no]! : undefined;
      if (failing !== undefined && agree(failing, step, false) && isBit(step.mask)) flip(step);
      else if (failing !== undefined && differInOneBit(step, failing)) {
        const bit = step.value ^ failing.value;
        step.value = (step.value & ~bit) >>> 0;
        step.mask = (step.mask & ~bit) >>> 0;
        step.no = failing.no;
        continue;
      }
      joined = joinNext(step, steps);
    }
  }
}

function joinNext(step: Step, steps: readonly Step[]): boolean {
  if (step.yes <= 0) return false;
  const next = steps[step.yes]!;
  if (step.no === next.yes && isBit(next.mask)) flip(next);
  if (step.no !== next.no || !agree(next, step, true)) return false;
  step.yes = next.yes;
  if (step.mask === 0) step.offset = next.offset;
  step.value = (step.value | next.value) >>> 0;
  step.mask = (step.mask | next.mask) >>> 0;
  return true;
}

/** Whether one word could pass both. */
function agree(a: Step, b: Step, whenShort: boolean): boolean {
  if (a.mask === 0 || b.mask === 0) return true;
  if (a.offset !== b.offset) return false;
  if (whenShort && a.shortYes !== b.shortYes && bytesNeeded(a) < bytesNeeded(b)) return false;
  return ((a.value ^ b.value) & a.mask & b.mask) === 0;
}

/** Whether `a` or else `b` is one test with a bit less. */
function differInOneBit(a: Step, b: Step): boolean {
  const bit = (a.value ^ b.value) >>> 0;
  if (a.offset === 0 || a.offset !== b.offset || a.mask === 0 || a.mask !== b.mask || a.yes !== b.yes) return false;
  if ((!a.shortYes && b.shortYes) || (bit & (bit - 1)) !== 0) return false;
  return bytesNeeded({ offset: a.offset, mask: (a.mask & ~bit) >>> 0 }) === bytesNeeded(a);
}

/** A test of one bit, asked the other way round. */
function flip(step: Step): void {
  step.value = (step.value ^ step.mask) >>> 0;
  [step.yes, step.no] = [step.no, step.yes];
  step.shortYes = !step.shortYes;
}

/** Leaves out steps that decide nothing, or that nothing leads to. */
function reached(steps: Step[]): { steps: Step[]; everything?: Target } {
  const instead: Target[] = [];
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index]!;
    for (const way of ['yes', 'no'] as const) if (step[way] > 0) step[way] = instead[step[way]]!;
    instead[index] = step.yes !== step.no && step.mask !== 0 ? index : step.yes;
  }
  const begin = instead[0] ?? 0;
  const decides = steps[0] !== undefined && steps[0].yes !== steps[0].no && steps[0].mask !== 0;
  if (!decides && begin <= 0) return { steps: [], everything: begin };
  if (begin > 0) steps[0] = { ...steps[begin]! };
  const places = new Map<number, number>([[0, 0]]);
  const kept = steps.filter(({ yes, no }, index) => {
    if (!places.has(index)) return false;
    for (const target of [yes, no]) if (target > 0) places.set(target, 0);
    return true;
  });
  [...places.keys()].sort((a, b) => a - b).forEach((index, place) => places.set(index, place));
  for (const step of kept) for (const way of ['yes', 'no'] as const) if (step[way] > 0) step[way] = places.get(step[way])!;
  return { steps: kept };
}
