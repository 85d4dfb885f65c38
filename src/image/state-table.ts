/** Where element state lies in an image's memory: the table that native/runtime/wl_loop.h leaves in the image. */
import { statePieces } from '../compile/c-state.js';
import type { Instance } from '../graph/graph.js';
import { ElfError, type Elf } from './elf.js';

export const STATE_SECTION = '.wirelet.state';

/** Offset from the appliance's first byte, and length in bytes. */
export type StatePlace = readonly [offset: number, bytes: number];

export interface StateTable {
  /** For each instance its pieces of state, as `statePieces` has them. */
  readonly instances: readonly (readonly StatePlace[])[];
  /** The 64-bit counters of the elements. */
  readonly counters: StatePlace;
  /** The control block. */
  readonly control: StatePlace;
  /** struct wl_tap: copies of frames. */
  readonly tap: StatePlace;
}

/** `base` is the address of the first byte of the appliance. */
export function readStateTable(elf: Elf, base: number, instances: readonly Instance[]): StateTable {
  const section = elf.section(STATE_SECTION);
  if (section === undefined) throw new ElfError(`it has no section ${STATE_SECTION}`);
  const words = elf.words(section);
  const places = Array.from({ length: words.length / 2 }, (_, index): StatePlace => [words[2 * index]! - base, words[2 * index + 1]!]);
  let next = 0;
  const lists = instances.map((instance) => places.slice(next, (next += statePieces(instance).length)));
  if (places.length !== next + 3) throw new ElfError(`it has ${places.length} places of state, ${next + 3} are expected`);
  return { instances: lists, counters: places[next]!, control: places[next + 1]!, tap: places[next + 2]! };
}

/** Where the zeroed memory of a shared object begins: all of an appliance lies in it (native/addon/wl_native.h). */
export function zeroedMemoryOf(elf: Elf): number {
  const start = elf.symbols().find(({ name }) => name === '__bss_start');
  if (start === undefined) throw new ElfError('it has no symbol __bss_start');
  return start.value;
}
