/** The texts of Click's handlers `program`: which steps Classifier, IPClassifier and IPFilter come to. */
import { and, not, test, type Expression, type Rule } from './expression.js';
import type { BytePattern } from './byte-pattern.js';
import { shortened, sortConjunctions, type Rank } from './shorten-steps.js';
import { bytesNeeded, DROPPED, stepsOf, UNMATCHED, type Step, type Target } from './word-steps.js';

/** Steps in the order in which people see them, or where every packet goes. */
export interface WordProgram {
  readonly steps: readonly Step[];
  readonly everything?: Target;
}

/** Tests of the protocol come first in a conjunction, for what follows mostly needs it. */
const IP_RANK: Rank = (offset) => (offset === 264 ? 259 : offset);
const PLAIN_RANK: Rank = (offset) => offset;

/** Equal tests of one word in a row that are looked up by halves. */
const HALVED_MIN = 7;

/** What Classifier's patterns come to; pattern N leads to output N. */
export function bytePatternProgram(patterns: readonly BytePattern[]): WordProgram {
  const parts = patterns.map(({ clauses }, output) => ({ steps: stepsOf(and(...clauses.map(alignedClause)), -output) }));
  return closed(joined(parts), PLAIN_RANK);
}

function alignedClause({ negated, offset, value, mask }: BytePattern['clauses'][number]): Expression {
  const words: Expression[] = [];
  for (let from = 0; from < value.length; ) {
    const to = Math.min(value.length, from + 4 - ((offset + from) % 4));
    const word = (bytes: readonly number[]) => bytes.slice(from, to).reduce((all, byte) => all * 256 + byte, 0);
    const wanted = word(value.map((byte, index) => byte & mask[index]!));
    words.push(test('start', offset + from, to - from, wanted, wanted, word(mask)));
    from = to;
  }
  return negated ? not(and(...words)) : and(...words);
}

/** What the rules of IPClassifier or IPFilter come to; rules are joined two by two, each pair shortened. */
export function ipRulesProgram(rules: readonly Rule[]): WordProgram {
  let programs: WordProgram[] = rules.map(({ condition, class: output }) => ({ steps: stepsOf(condition, output < 0 ? DROPPED : -output) }));
  if (programs.length === 1) programs = [shortened(programs[0]!.steps, IP_RANK)];
  while (programs.length > 1) {
    const pairs: WordProgram[] = [];
    for (let at = 0; at < programs.length; at += 2) {
      const pair = programs.slice(at, at + 2);
      pairs.push(pair.length === 1 ? pair[0]! : shortenedPair(joined(pair)));
    }
    programs = pairs;
  }
  const [program = { steps: [], everything: DROPPED }] = programs;
  const steps = matched(program.steps);
  if (program.everything !== undefined) return { steps, everything: program.everything === UNMATCHED ? DROPPED : program.everything };
  sortConjunctions(steps, IP_RANK);
  return { steps: gathered(steps) };
}

function shortenedPair(program: WordProgram): WordProgram {
  return program.everything === undefined ? shortened(program.steps, IP_RANK) : program;
}

/** One after the other: what the first does not match goes to the second. */
function joined(programs: readonly WordProgram[]): WordProgram {
  return programs.reduce((before, after) => {
    if (before.everything !== undefined) return before.everything === UNMATCHED ? after : before;
    const begin = before.steps.length;
    const moved = (target: Target) => (target > 0 ? target + begin : target);
    const next = after.everything ?? begin;
    return {
      steps: [
        ...before.steps.map((step) => ({ ...step, yes: step.yes === UNMATCHED ? next : step.yes, no: step.no === UNMATCHED ? next : step.no })),
        ...after.steps.map((step) => ({ ...step, yes: moved(step.yes), no: moved(step.no) })),
      ],
    };
  });
}

function closed(program: WordProgram, rank: Rank): WordProgram {
  const { steps, everything } = shortened(matched(program.steps), rank);
  return { steps, everything };
}

/** What no pattern matches is dropped. */
function matched(steps: readonly Step[]): Step[] {
  const end = (target: Target) => (target === UNMATCHED ? DROPPED : target);
  return steps.map((step) => ({ ...step, yes: end(step.yes), no: end(step.no) }));
}

/** Steps that ask for one word after another of the same place, and lead to the same, stand together. */
function gathered(steps: readonly Step[]): Step[] {
  const asked = steps.map(() => 0);
  asked[0] = 1;
  steps.forEach(({ yes, no }, index) => {
    if (asked[index]! > 0) for (const target of [no, yes]) if (target > 0) asked[target]! += 1;
  });
  const groups: number[][] = [];
  steps.forEach((step, index) => {
    if (asked[index] === 0) return;
    const group = [index];
    for (let next = step.no; next > 0 && asked[next] === 1 && belongs(steps[next]!, step); next = steps[next]!.no) {
      group.push(next);
      asked[next] = 0;
    }
    groups.push(group);
  });
  const places = new Map<number, number>();
  let count = 0;
  for (const group of groups) {
    places.set(group[0]!, count);
    count += group.length;
  }
  const to = (target: Target) => (target > 0 ? places.get(target)! : target);
  return groups.flatMap((group) => {
    const begin = places.get(group[0]!)!;
    const otherwise = to(steps[group.at(-1)!]!.no);
    const { yes, shortYes } = steps[group[0]!]!;
    const members = group.map((index) => steps[index]!);
    if (members.length >= HALVED_MIN) members.sort((a, b) => swapped(a.value) - swapped(b.value));
    return members.map((step, place) => ({ ...step, shortYes, yes: to(yes), no: place === members.length - 1 ? otherwise : begin + place + 1 }));
  });
}

function belongs(step: Step, first: Step): boolean {
  return step.yes === first.yes && step.offset === first.offset && step.mask === first.mask;
}

/** The word as a little-endian processor compares it. */
function swapped(word: number): number {
  return Buffer.from([word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]).readUInt32BE(0);
}

/** The steps, a line each, and what packets must have for all of them. */
export function programText({ steps, everything }: WordProgram): string {
  const lines = steps.map(
    (step, index) =>
      `${index < 10 ? ' ' : ''}${index} ${String(step.offset).padStart(3)}/${hex(step.value)}%${hex(step.mask)}  yes->${leads(step.yes)}  no->${leads(step.no)}${step.shortYes ? '  short->yes' : ''}`,
  );
  if (steps.length === 0) lines.push(`all->[${-(everything ?? DROPPED)}]`);
  lines.push(`safe length ${steps.reduce((most, step) => Math.max(most, bytesNeeded(step)), 0)}`, 'alignment offset 0');
  return `${lines.join('\n')}\n`;
}

/** Outputs that some packet reaches. */
export function outputsOf({ steps, everything }: WordProgram): Set<number> {
  const targets = everything === undefined ? steps.flatMap(({ yes, no }) => [yes, no]) : [everything];
  return new Set(targets.filter((target) => target <= 0 && target > UNMATCHED).map((target) => -target));
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

function leads(target: Target): string {
  if (target > 0) return `step ${target}`;
  return target === DROPPED || target === UNMATCHED ? '[X]' : `[${-target}]`;
}
