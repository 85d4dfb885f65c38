/**
 * Long lists of rules that all ask for certain bits, such as networks of sources and of destinations: the rules that a packet can
 * match lie under a hash of just these bits, a few in a slot, so that no list grows a packet's way.
 */
import type { Candidate } from './candidate.js';
import { endOf, slotOf, type List, type Slots, type ValueRange, type Variable } from './program.js';
import { TRUE, type Terms } from './terms.js';
import { isListable, isProtocol } from './variables.js';

/** Rules of a slot, at most. */
const SLOT_RULES_MAX = 4;
/** Values that rules are compared with, at most: two registers of 128 bits. */
const VALUES_MAX = 8;
/** So many are compared in any case, where there are few slots with more: of so many rules at most, or processors do not foresee it. */
const AT_ONCE = 2;
const CROWDED_MAX = 1 / 24;
/** Slots may be so many times as many as rules, for as many rules in a slot: what is compared costs more than what is stored. */
const LARGER: readonly (readonly [most: number, times: number, crowdedMax: number])[] = [[2, 1, 1], [SLOT_RULES_MAX, 4, CROWDED_MAX], [3, 2, 1], [4, 4, 1]];
/** Hashes that are tried for each. */
const TRIES = 24;
/** Rules behind those under a hash, which are asked for besides: so many times fewer at least. */
const LEFT_PART_MAX = 8;

type Rule = List['rules'][number];
type Key = Slots['keys'][number];

/** The first rules under a hash, and those that are left: `from` or more, followed by few. They look at addresses, ports and protocols only. */
export function slotsOf(candidates: readonly Candidate[], terms: Terms, from: number): { readonly slots: Omit<Slots, 'otherwise'>; readonly left: readonly Candidate[] } | undefined {
  if (candidates.length < from) return undefined;
  const rules: Rule[] = [];
  let taken = 0;
  for (const { term, rank } of candidates) {
    const listable = term !== TRUE && terms.variablesOf(term).map((variable) => terms.variables[variable]!).every((variable) => isListable(variable) || isProtocol(variable));
    const boxes = listable ? terms.boxes(term, SLOT_RULES_MAX) : undefined;
    if (boxes === undefined) break;
    for (const ranges of boxes) rules.push({ ranges, end: endOf(rank) });
    taken += 1;
  }
  const left = candidates.slice(taken);
  if (taken < from || left.length > taken / LEFT_PART_MAX) return undefined;
  const slots = slotsFor(rules, terms.variables);
  return slots && { slots, left };
}

/** The rules under a hash, in their order; undefined where too many would lie together, or nothing is asked for by all. */
function slotsFor(rules: readonly Rule[], variables: readonly Variable[]): Omit<Slots, 'otherwise'> | undefined {
  const used = new Set(rules.flatMap(({ ranges }) => ranges.map(({ variable }) => variable)));
  if (used.size > VALUES_MAX) return undefined;
  const masks = [...used].flatMap((variable) => {
    const mask = commonMask(rules, variable, variables[variable]!);
    return mask === 0 ? [] : [{ variable, mask }];
  });
  if (masks.length === 0 || mostAlike(rules, masks) > SLOT_RULES_MAX) return undefined;
  const factors = new Factors();
  for (const [most, times, crowdedMax] of LARGER) {
    for (let bits = Math.max(1, Math.ceil(Math.log2(rules.length))); 2 ** bits <= 2 * times * rules.length; bits += 1) {
      for (let count = 0; count < TRIES; count += 1) {
        const keys = masks.map((mask) => ({ ...mask, factor: factors.next() }));
        const found = slotted(rules, keys, 32 - bits, most);
        if (found === undefined || crowded(found) > crowdedMax * rules.length) continue;
        return { ...found, atOnce: crowdedMax < 1 ? Math.min(AT_ONCE, found.most) : found.most };
      }
    }
  }
  return undefined;
}

/** Upper bits of a variable that are one value for each rule; 0 where a rule does not ask for it. */
function commonMask(rules: readonly Rule[], variable: number, described: Variable): number {
  if (described.kind === 'length') return 0;
  let common = 32;
  for (const { ranges } of rules) {
    const range = rangeOf(ranges, variable);
    common = Math.min(common, range === undefined ? 0 : Math.clz32(range.low ^ range.high));
  }
  return common === 0 ? 0 : ((-1 << (32 - common)) & described.mask) >>> 0;
}

const rangeOf = (ranges: readonly ValueRange[], variable: number) => ranges.find((range) => range.variable === variable);

const maskedOf = ({ ranges }: Rule, { variable, mask }: { variable: number; mask: number }) => (rangeOf(ranges, variable)!.low & mask) >>> 0;

/** Rules that no hash could tell apart, at most. */
function mostAlike(rules: readonly Rule[], masks: readonly { variable: number; mask: number }[]): number {
  const counts = new Map<string, number>();
  let most = 0;
  for (const rule of rules) {
    const key = masks.map((mask) => maskedOf(rule, mask)).join();
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    most = Math.max(most, count);
  }
  return most;
}

/** Rules in slots of more than are compared at once. */
function crowded({ first }: Pick<Slots, 'first'>): number {
  return first.slice(1).reduce((sum, end, slot) => sum + (end - first[slot]! > AT_ONCE ? end - first[slot]! : 0), 0);
}

/** The rules by slots; undefined if one has more than `most`. */
function slotted(rules: readonly Rule[], keys: readonly Key[], shift: number, most: number): Omit<Slots, 'otherwise' | 'atOnce'> | undefined {
  const slots = new Map<number, Rule[]>();
  let fullest = 1;
  for (const rule of rules) {
    const slot = slotOf(keys, shift, (variable) => rangeOf(rule.ranges, variable)!.low);
    const there = slots.get(slot);
    if (there === undefined) slots.set(slot, [rule]);
    else fullest = Math.max(fullest, there.push(rule));
    if (fullest > most) return undefined;
  }
  const sorted: Rule[] = [];
  const first = Array.from({ length: 2 ** (32 - shift) }, (_, slot) => {
    const at = sorted.length;
    sorted.push(...(slots.get(slot) ?? []));
    return at;
  });
  return { kind: 'slots', keys, shift, first: [...first, sorted.length], rules: sorted, most: fullest };
}

/** Odd numbers that have nothing to do with each other, the same each time (Steele, Lea, Flood, OOPSLA 2014: SplitMix). */
class Factors {
  private state = 0;

  next(): number {
    this.state = (this.state + 0x9e37_79b9) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    return ((mixed ^ (mixed >>> 16)) | 1) >>> 0;
  }
}
