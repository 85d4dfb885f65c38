/** An instance's state as C: a struct of scalars and arrays, and a variable for each table, queue and lists. */
import type { Instance } from '../graph/graph.js';
import { rangeOf, type StateEntry } from '../kit/state.js';
import { isWide, tableSlots, type Columns, type TableSpec } from '../kit/table.js';
import { storageType, typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { rowBytes } from '../plan/plan.js';

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

/** A table: tags, rows, and functions for its key. See native/runtime/wl_table.h. */
function declareTable(lines: Lines, name: string, spec: TableSpec<Columns, Columns>): void {
  const slots = tableSlots(spec.capacity);
  const ordered = orderedColumns(spec);
  lines.block(`struct ${name}_row`, () => ordered.forEach(({ column, type }) => lines.add(`${type} c_${column};`)));
  const bytes = rowBytes(spec);
  const whole = isPowerOfTwo(bytes) && bytes <= 64;
  lines.add(whole ? `__attribute__((aligned(${bytes})));` : ';');
  lines.block('static struct', () => {
    lines.add('struct wl_table table;');
    lines.add(`uint8_t tags[${slots}] __attribute__((aligned(64)));`);
    lines.add(`struct ${name}_row rows[${slots}];`);
  });
  lines.add(`${name};`);
  declareTableFunctions(lines, name, spec, slots, whole);
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

/** Widest first, so that rows have no gaps. */
function orderedColumns(spec: TableSpec<Columns, Columns>): { column: string; type: string }[] {
  const columns = [...Object.entries(spec.key), ...Object.entries(spec.fields)].map(([column, type]) => ({ column, type: storageType(rangeOf(type)) }));
  return columns.sort((a, b) => widthOf(b.type) - widthOf(a.type));
}

function widthOf(type: string): number {
  return Number(/\d+/.exec(type)![0]);
}

/** `whole`: no row lies across two cache lines. */
function declareTableFunctions(lines: Lines, name: string, spec: TableSpec<Columns, Columns>, slots: number, whole: boolean): void {
  const key = Object.entries(spec.key).map(([column, type]) => ({ column, type: typeOf(rangeOf(type)), wide: isWide(type) }));
  const parameters = key.map(({ column, type }) => `${type} k_${column}`).join(', ');
  const values = key.map(({ column }) => `k_${column}`).join(', ');
  lines.block(`WL_INLINE uint32_t ${name}_hash(${parameters})`, () => {
    const words = key.flatMap(({ column, wide }) =>
      wide ? [`(uint32_t)k_${column}`, `(uint32_t)((uint64_t)k_${column} >> 32)`] : [`(uint32_t)k_${column}`],
    );
    // 8.7 -> 7.9 ns/packet, bench switch-1k@64.
    if (words.length <= 2) return lines.add(`return wl_hash_one(${words[0]}, ${words[1] ?? '0'}, ${name}.table.keys);`);
    lines.add('uint64_t sum = 0;');
    for (let word = 0; word < words.length; word += 2) {
      lines.add(`sum = wl_hash_pair(sum, ${words[word]}, ${words[word + 1] ?? '0'}, ${name}.table.keys + ${word});`);
    }
    lines.add('return wl_hash_finish(sum);');
  });
  declareAheadFunctions(lines, name, parameters, values, slots, whole);
  // An entry has one place: where the key is, that is it, however it was guessed.
  const differs = key.map(({ column }) => `(${name}.rows[slot].c_${column} ^ k_${column})`).join(' | ');
  lines.block(`static __attribute__((noinline)) int32_t ${name}_find_any(uint32_t hash, ${parameters})`, () => {
    lines.add('int32_t found;');
    lines.add(`WL_TABLE_FIND(found, ${name}.tags, ${slots}u, hash, slot, (${differs}) == 0);`);
    lines.add('return found;');
  });
  lines.block(`WL_INLINE int32_t ${name}_find(${parameters})`, () => {
    lines.add(`const uint32_t hash = ${name}_hash(${values});`);
    lines.add(`const uint32_t bucket = wl_table_buckets(hash, ${slots}u).first;`);
    lines.add(`const uint32_t first = wl_table_first(${name}.tags, bucket, wl_table_tag(hash));`);
    lines.block('if (WL_LIKELY(first < WL_BUCKET_SLOTS))', () => {
      lines.add('const uint32_t slot = bucket + first;');
      lines.add(`if (WL_LIKELY((${differs}) == 0)) return (int32_t)slot;`);
    });
    lines.add(`return ${name}_find_any(hash, ${values});`);
  });
  const oldest = () => {
    if (spec.evict === undefined) return lines.add('const int32_t oldest = -1;');
    lines.add('int32_t oldest;');
    lines.add(`WL_TABLE_OLDEST(oldest, ${name}.tags, ${slots}u, hash, slot, ${name}.rows[slot].c_${spec.evict});`);
  };
  lines.block(`static __attribute__((noinline, unused)) int32_t ${name}_add(${parameters})`, () => {
    lines.add(`const uint32_t hash = ${name}_hash(${values});`);
    lines.add(`int32_t free_slot = wl_table_free_slot(${name}.tags, ${slots}u, hash);`);
    lines.block('if (free_slot < 0)', () => {
      oldest();
      lines.add('if (oldest < 0) return -1;');
      lines.add(`wl_table_remove(&${name}.table, ${name}.tags, (uint32_t)oldest);`);
      lines.add(`${name}.table.evictions += 1;`);
      lines.add('free_slot = oldest;');
    });
    lines.add(`${name}.tags[free_slot] = wl_table_tag(hash);`);
    lines.add(`${name}.table.used += 1;`);
    const assignments = key.map(({ column }) => `.c_${column} = (__typeof__(${name}.rows[0].c_${column}))k_${column}`);
    lines.add(`${name}.rows[free_slot] = (struct ${name}_row){${assignments.join(', ')}};`);
    lines.add('return free_slot;');
  });
  lines.block(`WL_INLINE int32_t ${name}_insert(${parameters})`, () => {
    lines.add(`const int32_t found = ${name}_find(${values});`);
    lines.add(`return WL_LIKELY(found >= 0) ? found : ${name}_add(${values});`);
  });
  lines.block(`static __attribute__((unused)) int32_t ${name}_victim(${parameters})`, () => {
    lines.add(`if (${name}_find(${values}) >= 0) return -1;`);
    lines.add(`const uint32_t hash = ${name}_hash(${values});`);
    lines.add(`if (wl_table_free_slot(${name}.tags, ${slots}u, hash) >= 0) return -1;`);
    oldest();
    lines.add('return oldest;');
  });
  for (const method of ['find', 'insert']) {
    lines.block(`WL_APART int32_t ${name}_${method}_apart(${parameters})`, () => lines.add(`return ${name}_${method}(${values});`));
    lines.block(`WL_INLINE int32_t ${name}_${method}_seen(uint32_t slot, ${parameters})`, () => {
      lines.add(`WL_ASSUME(slot < ${slots}u);`);
      lines.add(`if (WL_LIKELY(${name}.tags[slot] != 0 && (${differs}) == 0)) return (int32_t)slot;`);
      lines.add(`return ${name}_${method}_apart(${values});`);
    });
  }
}

/** What looks ahead: a request for the tags of a key, which gives its hash; from that later a guess where its entry is. */
function declareAheadFunctions(lines: Lines, name: string, parameters: string, values: string, slots: number, whole: boolean): void {
  lines.block(`WL_INLINE uint32_t ${name}_request(${parameters})`, () => {
    lines.add(`const uint32_t hash = ${name}_hash(${values});`);
    lines.add(`wl_request(${name}.tags + wl_table_buckets(hash, ${slots}u).first);`);
    lines.add('return hash;');
  });
  lines.block(`WL_INLINE uint32_t ${name}_look(uint32_t hash)`, () => {
    lines.add(`const uint32_t slot = wl_table_guess(${name}.tags, ${slots}u, hash);`);
    lines.add(`wl_request(&${name}.rows[slot]);`);
    if (!whole) lines.add(`wl_request((const uint8_t *)&${name}.rows[slot + 1] - 1);`);
    lines.add('return slot;');
  });
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

/** Where the columns of a table's rows lie, in bytes, and how they are stored. */
export function columnPlaces(spec: TableSpec<Columns, Columns>): { readonly column: string; readonly type: string; readonly offset: number }[] {
  let offset = 0;
  return orderedColumns(spec).map(({ column, type }) => {
    const place = { column, type, offset };
    offset += widthOf(type) / 8;
    return place;
  });
}
