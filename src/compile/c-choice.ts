/**
 * One node of a decision program as C: from the value `v` to a jump. Ranges of values that go on alike
 * are looked for in the shapes that cost least: a masked comparison, one range, a bitmap, a switch, and
 * else a binary search by comparisons.
 */
import type { Choice, Target } from '../kit/classify/program.js';
import { changesUpTo } from '../kit/classify/value-set.js';
import type { Lines } from './c-lines.js';

type Jump = (target: Target) => string;

export function choiceText(lines: Lines, node: Choice, maximum: number, jump: Jump): void {
  const { bounds, targets } = node;
  const distinct = new Set(targets);
  if (distinct.size === 2 && targets.length > 2) {
    const condition = twoWayCondition(node, maximum);
    if (condition !== undefined) {
      lines.add(`if (${condition.text}) ${jump(condition.target)}`);
      return lines.add(jump(condition.otherwise));
    }
  }
  const cases = singleValues(node, maximum);
  if (cases !== undefined && cases.values.length >= 4) {
    lines.block('switch (v)', () => {
      for (const [value, target] of cases.values) lines.add(`case ${value}u: ${jump(target)}`);
      lines.add(`default: ${jump(cases.otherwise)}`);
    });
    return;
  }
  searchText(lines, bounds, targets, 0, targets.length - 1, jump);
}

/** Targets `first..last` by comparisons with the bounds between them. */
function searchText(lines: Lines, bounds: readonly number[], targets: readonly Target[], first: number, last: number, jump: Jump): void {
  if (first === last) return lines.add(jump(targets[first]!));
  // One range among others: one comparison instead of two.
  if (last - first === 2 && targets[first] === targets[last]) {
    const [low, high] = [bounds[first]!, bounds[first + 1]! - 1];
    lines.add(`if (${rangeText(low, high)}) ${jump(targets[first + 1]!)}`);
    return lines.add(jump(targets[first]!));
  }
  const middle = (first + last + 1) >>> 1;
  if (last - first === 1) lines.add(`if (v < ${bounds[middle - 1]!}u) ${jump(targets[first]!)}`);
  else lines.block(`if (v < ${bounds[middle - 1]!}u)`, () => searchText(lines, bounds, targets, first, middle - 1, jump));
  searchText(lines, bounds, targets, middle, last, jump);
}

function rangeText(low: number, high: number): string {
  if (low === high) return `v == ${low}u`;
  return `v - ${low}u <= ${high - low}u`;
}

interface TwoWay {
  readonly text: string;
  readonly target: Target;
  readonly otherwise: Target;
}

/** A single condition for a node with two targets, when there is one. */
function twoWayCondition({ bounds, targets }: Choice, maximum: number): TwoWay | undefined {
  if (targets.length === 3) return { text: rangeText(bounds[0]!, bounds[1]! - 1), target: targets[1]!, otherwise: targets[0]! };
  if (maximum > 0xffff) return undefined;
  const member = (value: number) => changesUpTo(bounds, value) % 2 === 1;
  let mask = 0;
  for (let bit = 1; bit <= maximum; bit *= 2) {
    for (let value = 0; value <= maximum; value += 1) {
      if (member(value) !== member(value ^ bit)) {
        mask |= bit;
        break;
      }
    }
  }
  for (const inside of [true, false]) {
    const masked = new Set<number>();
    for (let value = 0; value <= maximum && masked.size < 2; value += 1) if (member(value) === inside) masked.add(value & mask);
    const [only] = masked;
    if (masked.size === 1) return { text: `(v & ${mask}u) == ${only}u`, target: targets[inside ? 1 : 0]!, otherwise: targets[inside ? 0 : 1]! };
  }
  if (maximum > 0xff || targets.length < 8) return undefined;
  const words = [0n, 0n, 0n, 0n];
  for (let value = 0; value <= maximum; value += 1) if (member(value)) words[value >>> 6]! |= 1n << BigInt(value & 63);
  const table = words.map((word) => `UINT64_C(0x${word.toString(16)})`).join(', ');
  return { text: `((const uint64_t[4]){${table}})[v >> 6] >> (v & 63) & 1`, target: targets[1]!, otherwise: targets[0]! };
}

/** The node as single values and one target for all others, when it is that. */
function singleValues({ bounds, targets }: Choice, maximum: number): { values: [number, Target][]; otherwise: Target } | undefined {
  const otherwise = mostFrequent(targets);
  const values: [number, Target][] = [];
  for (const [index, target] of targets.entries()) {
    if (target === otherwise) continue;
    const low = index === 0 ? 0 : bounds[index - 1]!;
    const high = index === targets.length - 1 ? maximum : bounds[index]! - 1;
    if (high - low > 3) return undefined;
    for (let value = low; value <= high; value += 1) values.push([value, target]);
  }
  return { values, otherwise };
}

function mostFrequent(targets: readonly Target[]): Target {
  const counts = new Map<Target, number>();
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
