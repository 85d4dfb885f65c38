/**
 * Walks through tables (c-walk.ts) that are made for all packets of a batch together, each step for all of them before the
 * next. The steps of one packet wait for each other's memory, those of several packets do not.
 *
 * Code that looks ahead notes what a packet's walk will look at; when the packet is treated, what the walk found is taken if
 * it looked at the same values. Else the packet walks alone. So it does not matter what happens to a packet in between, or
 * whether it is one of the batch at all.
 */
import type { Lines } from './c-lines.js';
import type { PacketPointers } from './c-variable.js';
import type { TableWalk } from './c-walk.js';

/** The names of walks that are made ahead, by their program and the node where they begin. */
export interface WalkArrays {
  walkOf(program: object, index: number): string | undefined;
}

/** Steps from which on walks are worth being made together: a list of what to look at is written and compared for it. */
const STEPS_MIN = 3;
/** Of walks through tables that a first-level cache holds, so that steps wait for nothing else: 4 cost 15 percent, 7 gain a third, 11 half. */
const CACHED_STEPS_MIN = 6;
/** Values that a walk looks at, and variables of its program, so that they are compared in less time than the walk takes. */
const VALUES_MAX = 8;
const VARIABLES_MAX = 16;

/** Bytes of tables that a first-level cache does not hold. */
export const WALK_BYTES_MIN = 65_536;

/** Whether a walk gains by being made together with others; tables of less than so many bytes are taken to be in a first-level cache. */
export function isWorthwhile(walk: TableWalk, bytes: number): boolean {
  return walk.depth >= (walk.bytes >= bytes ? STEPS_MIN : CACHED_STEPS_MIN) && walk.variables.length <= VALUES_MAX && walk.program.variables.length <= VARIABLES_MAX;
}

/** Declares the arrays of a walk, by number in the batch of those that walk, and its functions. */
export function declareWalk(head: Lines, body: Lines, walk: TableWalk, name: string): void {
  const { variables } = walk;
  const width = walk.program.variables.length;
  head.add(`static uint32_t ${name}_values[WL_BATCH_PACKETS_MAX][${width}];`);
  head.add(`static uint32_t ${name}_found[WL_BATCH_PACKETS_MAX];`);
  head.add(`static uint8_t ${name}_place[WL_BATCH_PACKETS_MAX];`);
  head.add(`static uint32_t ${name}_count;`);
  body.block(`WL_APART uint32_t ${name}_alone(${variables.map((variable) => `uint32_t x${variable}`).join(', ')})`, () => {
    walk.whole(body, (variable) => `x${variable}`);
    body.add('return at;');
  });
  const forAll = (inner: () => void): void =>
    body.block('for (uint32_t index = 0; index < count; index += 1)', () => {
      body.add(`const uint32_t *const x = ${name}_values[index];`);
      inner();
      body.add(`${name}_found[index] = at;`);
    });
  body.block(`static void ${name}_together(void)`, () => {
    body.add(`const uint32_t count = ${name}_count;`);
    body.add(`${name}_count = 0;`);
    forAll(() => body.add(`uint32_t at = ${walk.first()};`));
    for (const { step, times } of walk.allSteps()) {
      const forEach = () =>
        forAll(() => {
          body.add(`uint32_t at = ${name}_found[index];`);
          body.add(step);
        });
      if (times === 1) forEach();
      else body.block(`WL_ROLLED for (uint32_t step = 0; step < ${times}; step += 1)`, forEach);
    }
    forAll(() => {
      body.add(`uint32_t at = ${name}_found[index];`);
      walk.last(body);
    });
  });
}

/** Before the first batch: what is found for values of 0, which is what the arrays hold. */
export function initializeWalk(lines: Lines, name: string): void {
  lines.add(`${name}_count = WL_BATCH_PACKETS_MAX;`);
  lines.add(`${name}_together();`);
}

/** Notes what the packet at `index` of the batch will look at. */
export function askText(lines: Lines, walk: TableWalk, name: string, packet: PacketPointers, index: string): void {
  lines.block(`if (WL_LIKELY(${name}_count < WL_BATCH_PACKETS_MAX))`, () => {
    lines.add(`uint32_t *const x = ${name}_values[${name}_count];`);
    for (const variable of walk.variables) lines.add(`x[${variable}] = ${walk.valueOf(variable, packet)};`);
    lines.add(`${name}_place[${index}] = (uint8_t)${name}_count;`);
    lines.add(`${name}_count += 1;`);
  });
}

/** Sets `at` to the rank that the walk of a packet finds, or found. */
export function answerText(lines: Lines, walk: TableWalk, name: string, packet: PacketPointers): void {
  const { variables } = walk;
  for (const variable of variables) lines.add(`const uint32_t x${variable} = ${walk.valueOf(variable, packet)};`);
  lines.add(`const uint32_t place = ${name}_place[wl_batch_index];`);
  lines.add(`uint32_t at = ${name}_found[place];`);
  const others = variables.map((variable) => `(${name}_values[place][${variable}] ^ x${variable})`).join(' | ');
  lines.add(`if (WL_UNLIKELY((${others}) != 0)) at = ${name}_alone(${variables.map((variable) => `x${variable}`).join(', ')});`);
}
