/** Rules under a hash (src/kit/classify/program.ts) as C: a table of slots, and one of rules that are compared without a branch. */
import { rankOf, type DecisionProgram, type Slots, type Target } from '../kit/classify/program.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { safeText, type PacketPointers } from './c-variable.js';
import { extent, UINT32 } from './range.js';

/** Values in a register of 128 bits. */
const LANES = 4;

/** What is done with the rule that is found: `value` of the end of a rule, a number, as C, which `ended` takes. */
export interface Found {
  value(rank: number): number;
  ended(text: string): string;
}

/** Finds the first rule that holds, and goes on as `found` says. */
export function slotsText(lines: Lines, node: Slots, program: DecisionProgram, packet: PacketPointers, arrays: ArrayNames, { value, ended }: Found, jump: (target: Target) => string): void {
  const { keys, shift, first, rules, most, atOnce, otherwise } = node;
  const variables = [...new Set(rules.flatMap(({ ranges }) => ranges.map(({ variable }) => variable)))].sort((a, b) => a - b);
  const width = LANES * Math.ceil(variables.length / LANES);
  const slots = arrays.nameOf({ values: first, range: extent(first) });
  const ranges = arrays.nameOf({ values: rangesOf(node, variables, width), range: UINT32 });
  // Behind what comes of the rules lies what comes of none.
  const values = [...rules.map(({ end }) => value(rankOf(end))), otherwise < 0 ? value(rankOf(otherwise)) : 0];
  const ends = arrays.nameOf({ values, range: extent(values) });
  variables.forEach((variable, lane) => lines.add(`const uint32_t x${lane} = ${safeText(program.variables[variable]!, packet, program.networkBytes)};`));
  // Put into registers one by one: gcc would write them into memory for it, and wait for that.
  const lanes = Array.from({ length: width }, (_, lane) => (lane < variables.length ? `x${lane}` : '0'));
  const registers = Array.from({ length: width / LANES }, (_, index) => `{${lanes.slice(LANES * index, LANES * (index + 1)).join(', ')}}`);
  lines.add(`const wl_lanes x[] = {${registers.join(', ')}};`);
  const sum = keys.map(({ variable, mask, factor }) => `(x${variables.indexOf(variable)} & ${mask}u) * ${factor}u`).join(' + ');
  lines.add(`const uint32_t slot = (uint32_t)(${sum}) >> ${shift}, from = ${slots}[slot];`);
  const compared = (begin: string, count: number) => `wl_slot_rule(${ranges}, ${begin}, ${count}, x, ${width / LANES}, ${rules.length}u)`;
  lines.add(`uint32_t rule = ${compared('from', atOnce)};`);
  // How many there are is asked first: that is foreseen, and whether one of the first holds is not.
  if (most > atOnce) lines.add(`if (WL_UNLIKELY(${slots}[slot + 1] - from > ${atOnce}u) && rule == ${rules.length}u) rule = ${compared(`from + ${atOnce}u`, most - atOnce)};`);
  if (otherwise >= 0) lines.add(`if (rule == ${rules.length}u) ${jump(otherwise)}`);
  lines.add(`const int32_t end = ${ends}[rule];`);
  lines.add(ended('end'));
}

/** Of each rule, as wl_classify.h describes: for each four values the low ends of its ranges, then their widths. The last is there again behind it, where other slots look: it holds for none of their packets. */
function rangesOf({ rules, most }: Slots, variables: readonly number[], width: number): number[] {
  const words = rules.flatMap(({ ranges }) => {
    const lanes = Array.from({ length: width }, (_, lane) => ranges.find(({ variable }) => variable === variables[lane]) ?? { low: 0, high: 0xffff_ffff });
    const registers = Array.from({ length: width / LANES }, (_, index) => lanes.slice(LANES * index, LANES * (index + 1)));
    return registers.flatMap((register) => [...register.map(({ low }) => low), ...register.map(({ low, high }) => ((high - low) ^ 0x8000_0000) >>> 0)]);
  });
  const last = words.slice(-2 * width);
  return [...words, ...Array.from({ length: most }, () => last).flat()];
}
