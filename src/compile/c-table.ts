/** A flow table as C: tags, rows, and functions for its key. See native/runtime/wl_table.h. */
import { rangeOf } from '../kit/state.js';
import { isWide, tableSlots, type Columns, type TableSpec } from '../kit/table.js';
import { storageBytes, storageType } from '../plan/storage.js';
import { tableRow, type ColumnPlace, type TableRow } from '../plan/table-row.js';
import { typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';

/** Declares a table of that name. */
export function declareTable(lines: Lines, name: string, spec: TableSpec<Columns, Columns>): void {
  const slots = tableSlots(spec.capacity);
  const row = tableRow(spec);
  const whole = isPowerOfTwo(row.bytes) && row.bytes <= 64;
  declareRow(lines, name, row, whole);
  lines.block('static struct', () => {
    lines.add('struct wl_table table;');
    lines.add(`uint8_t tags[${slots}] __attribute__((aligned(64)));`);
    lines.add(`struct ${name}_row rows[${slots}];`);
  });
  lines.add(`${name};`);
  declareTableFunctions(lines, name, spec, row, slots, whole);
}

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

// ---- rows ------------------------------------------------------------------------------------------------------

/** `whole`: no row lies across two cache lines. */
function declareRow(lines: Lines, name: string, row: TableRow, whole: boolean): void {
  lines.block(`struct ${name}_row`, () => {
    for (const [first, ...guests] of sharedWords(row)) {
      if (guests.length === 0) lines.add(`${first.type} c_${first.column};`);
      else declareSharedWord(lines, first, guests);
    }
  });
  lines.add(whole ? `__attribute__((aligned(${row.bytes})));` : ';');
  lines.add(`_Static_assert(sizeof(struct ${name}_row) == ${row.bytes}, "rows are as long as planned");`);
}

/** A word by itself, and the columns in it. */
function declareSharedWord(lines: Lines, first: ColumnPlace, guests: readonly ColumnPlace[]): void {
  lines.block('union', () => {
    lines.add(`uint64_t w_${first.column};`);
    lines.block('struct', () => {
      lines.add(`uint64_t c_${first.column} : ${8 * first.bytes};`);
      for (const { type, column } of guests) lines.add(`${type} c_${column};`);
    });
    lines.add(';');
  });
  lines.add(';');
}

type SharedWord = readonly [ColumnPlace, ...ColumnPlace[]];

/** The columns of a row, each with those that lie in its word. */
function sharedWords({ columns }: TableRow): SharedWord[] {
  const words: [ColumnPlace, ...ColumnPlace[]][] = [];
  for (const place of columns) {
    const word = words.at(-1);
    const inside = word !== undefined && word[0].bytes < storageBytes(word[0].type) && place.offset < word[0].offset + storageBytes(word[0].type);
    if (inside) word.push(place);
    else words.push([place]);
  }
  return words;
}

/** What is not zero if the key of a row is not that of the variables `k_...`: word by word, so that what shares one is compared at once. */
function keyDiffers(name: string, spec: TableSpec<Columns, Columns>, row: TableRow): string {
  const at = `${name}.rows[slot]`;
  const differences = sharedWords(row).flatMap(([first, ...guests]) => {
    if (guests.length === 0 || !(first.column in spec.key)) return [first, ...guests].filter(({ column }) => column in spec.key).map(({ column }) => `(${at}.c_${column} ^ k_${column})`);
    const known = [first, ...guests.filter(({ column }) => column in spec.key)];
    const bits = 8 * known.reduce((sum, { bytes }) => sum + bytes, 0);
    const value = known.map(({ column, offset }) => `(uint64_t)k_${column}${offset === first.offset ? '' : ` << ${8 * (offset - first.offset)}`}`).join(' | ');
    return [`((${at}.w_${first.column} ^ (${value})) << ${64 - bits})`];
  });
  return differences.join(' | ');
}

// ---- functions -------------------------------------------------------------------------------------------------

function declareTableFunctions(lines: Lines, name: string, spec: TableSpec<Columns, Columns>, row: TableRow, slots: number, whole: boolean): void {
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
  const differs = keyDiffers(name, spec, row);
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
    const assignments = Object.entries(spec.key).map(([column, type]) => `.c_${column} = (${storageType(rangeOf(type))})k_${column}`);
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
