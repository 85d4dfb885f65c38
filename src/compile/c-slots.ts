/** Rules under a hash (src/kit/classify/program.ts) as C: a table of slots, and one of rules that are compared without a branch. */
import { rankOf, type DecisionProgram, type Slots, type Target } from '../kit/classify/program.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { safeText, type PacketPointers } from './c-variable.js';

/** Values in a register of 128 bits. */
const LANES = 4;
/** What wl_slot_first says where no rule holds (WL_SLOT_NONE). */
const SLOT_NONE = 4;

/** Sets `at` to the rank of the first rule that holds, and goes on as `ended` says. */
export function slotsText(lines: Lines, node: Slots, program: DecisionProgram, packet: PacketPointers, arrays: ArrayNames, ended: string, jump: (target: Target) => string): void {
  const { keys, shift, first, rules, most, otherwise } = node;
  const variables = [...new Set(rules.flatMap(({ ranges }) => ranges.map(({ variable }) => variable)))].sort((a, b) => a - b);
  const width = LANES * Math.ceil(variables.length / LANES);
  const table = (values: readonly number[], high: number) => arrays.nameOf({ values, range: { low: 0, high } });
  const slots = table(first, rules.length);
  const ranges = table(rangesOf(node, variables, width), 0xffff_ffff);
  // What comes of none is read before it is known that none is meant; the last slots may begin behind the last rule.
  const ends = rules.map(({ end }) => rankOf(end));
  const ranks = table([...ends, ...Array<number>(SLOT_NONE + 1).fill(0)], program.classes.length);
  variables.forEach((variable, lane) => lines.add(`const uint32_t x${lane} = ${safeText(program.variables[variable]!, packet, program.networkBytes)};`));
  // Put into registers one by one: gcc would write them into memory for it, and wait for that.
  const lanes = Array.from({ length: width }, (_, lane) => (lane < variables.length ? `x${lane}` : '0'));
  const registers = Array.from({ length: width / LANES }, (_, index) => `{${lanes.slice(LANES * index, LANES * (index + 1)).join(', ')}}`);
  lines.add(`const wl_lanes x[] = {${registers.join(', ')}};`);
  const sum = keys.map(({ variable, mask, factor }) => `(x${variables.indexOf(variable)} & ${mask}u) * ${factor}u`).join(' + ');
  lines.add(`const uint32_t from = ${slots}[(uint32_t)(${sum}) >> ${shift}];`);
  lines.add(`const uint32_t found = wl_slot_first(${ranges} + ${2 * width} * from, x, ${width / LANES}, ${most});`);
  if (otherwise >= 0) {
    lines.add(`if (found == WL_SLOT_NONE) ${jump(otherwise)}`);
    lines.add(`const uint32_t at = ${ranks}[from + found];`);
  } else {
    // Half of all packets may match no rule: no branch, which nothing could foresee, and no choice, of which the C compiler makes one.
    lines.add(`const uint32_t none = ${rankOf(otherwise)}u;`);
    lines.add(`const uint32_t at = ((${ranks}[from + found] ^ none) & ((found >> 2) - 1u)) ^ none;`);
  }
  lines.add(ended);
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
