/** An instance's state as C: a struct of scalars and arrays, and a variable for each table, queue and lists. */
import type { Instance } from '../graph/graph.js';
import { rangeOf, type StateEntry } from '../kit/state.js';
import { storageType } from '../plan/storage.js';
import type { Lines } from './c-lines.js';
import { declareTable } from './c-table.js';

export interface StateNames {
  /** Variable of the instance's struct. */
  readonly struct: string;
  entry(name: string): string;
  column(entry: string, column: string): string;
}

export function stateNames(prefix: string, state: Readonly<Record<string, StateEntry>>): StateNames {
  return {
    struct: prefix,
    entry: (name) => (isScalar(state[name]!) ? `${prefix}.s_${name}` : `${prefix}_${name}`),
    column: (_entry, column) => `c_${column}`,
  };
}

function isScalar({ kind }: StateEntry): boolean {
  return kind === 'register' || kind === 'flag' || kind === 'array';
}

/** Declares the state of an instance. */
export function declareState(
  lines: Lines,
  names: StateNames,
  state: Readonly<Record<string, StateEntry>>,
  timers: readonly string[],
  random: boolean,
): void {
  lines.block('static struct', () => {
    for (const [name, entry] of Object.entries(state)) {
      if (entry.kind === 'register') lines.add(`${storageType(rangeOf(entry.type))} s_${name};`);
      if (entry.kind === 'flag') lines.add(`bool s_${name};`);
      if (entry.kind === 'array') lines.add(`${storageType(rangeOf(entry.type))} s_${name}[${Math.max(1, entry.length)}];`);
    }
    for (const timer of timers) lines.add(`int64_t timer_${timer};`);
    if (random) lines.add('uint32_t random;');
    lines.add('uint8_t unused;');
  });
  lines.add(`${names.struct};`);
  for (const [name, entry] of Object.entries(state)) {
    if (entry.kind === 'queue') declareQueue(lines, names.entry(name), entry.capacity);
    if (entry.kind === 'lists') declareLists(lines, names.entry(name), entry.lists);
    if (entry.kind === 'table') declareTable(lines, names.entry(name), entry);
  }
}

/** All of it is in zeroed memory: in a shared object, the part that is the appliance's (native/addon/wl_native.h). */
function declareQueue(lines: Lines, name: string, capacity: number): void {
  lines.add(`static uint32_t ${name}_slots[${Math.max(1, capacity)}];`);
  lines.add(`static struct wl_queue ${name};`);
}

function declareLists(lines: Lines, name: string, lists: number): void {
  lines.add(`static struct wl_list ${name}_lists[${lists}];`);
  lines.add(`static struct wl_lists ${name};`);
}

/** Sets initial values that are not zero, and the tables' keys. */
export function initializeState(
  lines: Lines,
  names: StateNames,
  state: Readonly<Record<string, StateEntry>>,
  timers: readonly string[],
  tableNumber: () => number,
): void {
  for (const [name, entry] of Object.entries(state)) {
    const place = names.entry(name);
    if (entry.kind === 'register' && entry.initial !== 0) lines.add(`${place} = ${cInteger(entry.initial)};`);
    if (entry.kind === 'flag' && entry.initial) lines.add(`${place} = true;`);
    if (entry.kind === 'array' && entry.initial !== 0) {
      lines.add(`for (uint32_t index = 0; index < ${entry.length}u; index += 1) ${place}[index] = ${cInteger(entry.initial)};`);
    }
    if (entry.kind === 'queue') lines.add(`${place} = (struct wl_queue){.slots = ${place}_slots, .capacity = ${entry.capacity}};`);
    if (entry.kind === 'lists') lines.add(`${place} = (struct wl_lists){.lists = ${place}_lists, .capacity = ${entry.capacity}};`);
    if (entry.kind === 'table') lines.add(`wl_hash_keys(${place}.table.keys, wl_seed, ${tableNumber()}u);`);
  }
  for (const timer of timers) lines.add(`${names.struct}.timer_${timer} = WL_TIMER_OFF;`);
}

function cInteger(value: number): string {
  return value < 0 ? `(-INT64_C(${-value}))` : `INT64_C(${value})`;
}

// ---- state in memory, for a host that reads and writes it ---------------------------------------------------

/** A piece of an instance's state in memory: an entry, a part of a table, or a timer. */
export type StatePiece =
  | { readonly kind: 'entry'; readonly name: string }
  | { readonly kind: 'table' | 'tags' | 'rows'; readonly name: string }
  | { readonly kind: 'timer'; readonly name: string };

/** Pieces of the state of an instance, in a fixed order. */
export function statePieces({ class: type, state }: Instance): StatePiece[] {
  if (type.definition.device !== undefined) return [];
  const entries = Object.entries(state).flatMap(([name, entry]): StatePiece[] =>
    entry.kind === 'table' ? (['table', 'tags', 'rows'] as const).map((kind) => ({ kind, name })) : [{ kind: 'entry', name }],
  );
  return [...entries, ...Object.keys(type.definition.timers ?? {}).map((name): StatePiece => ({ kind: 'timer', name }))];
}

/** The same as C expressions. */
export function placesOf(instance: Instance, names: StateNames): string[] {
  return statePieces(instance).map(({ kind, name }) => {
    if (kind === 'entry') return names.entry(name);
    return kind === 'timer' ? `${names.struct}.timer_${name}` : `${names.entry(name)}.${kind}`;
  });
}
