/**
 * Flow tables do the same in Node and as C, whatever integers their rows are made of, and what C has in memory is read and
 * written from Node column by column. WIRELET_SEED=N adds tables of a seed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { Lines } from '#src/compile/c-lines.js';
import { declareTable } from '#src/compile/c-table.js';
import { TIME_RANGE } from '#src/kit/element.js';
import { rangeOf } from '#src/kit/state.js';
import type { StoredType } from '#src/kit/stored-type.js';
import { Table, table, type Columns, type TableSpec } from '#src/kit/table.js';
import { packageRoot } from '#src/package-root.js';
import { storageBytes, storageType } from '#src/plan/storage.js';
import { tableRow } from '#src/plan/table-row.js';
import { tableOver, type PieceMemory } from '#src/run/click/native-state.js';
import { Dice } from './element-fuzz.js';
import { COMPILERS, type Compiler } from './replay.js';

type Spec = TableSpec<Columns, Columns>;

const SEED = 7;
const STEPS = 300;
const CAPACITY = 40;
/** struct wl_table: sixteen words of keys, `used`, and a counter of 64 bits. */
const TABLE_BYTES = 80;
const TYPES: readonly StoredType[] = ['u8', 'u16', 'u32', 'u48', 'u53', 'i32', TIME_RANGE, { low: 0, high: 3 }, { low: -5, high: 5 }, { low: -300, high: 300 }, { low: -(2 ** 40), high: 2 ** 40 }];

/** Tables of elements that there are, and random ones. */
function specs(seed: number): Spec[] {
  const dice = new Dice(seed);
  const columns = (prefix: string, count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, dice.pick(TYPES)]));
  return [
    table({ key: { address: 'u48' }, fields: { segment: { low: 0, high: 3 }, seen_us: TIME_RANGE }, capacity: CAPACITY, evict: 'seen_us' }),
    table({ key: { vlan: 'u16', address: 'u48' }, fields: { segment: 'u8', seen_us: TIME_RANGE }, capacity: CAPACITY, evict: 'seen_us' }),
    table({ key: { upper: 'u32', lower: 'u32' }, fields: { full_at: TIME_RANGE, over: 'u8' }, capacity: CAPACITY, evict: 'full_at' }),
    ...Array.from({ length: 20 }, () => {
      const fields: Columns = columns('f', dice.below(6));
      return { kind: 'table', key: columns('k', 1 + dice.below(4)), fields, capacity: CAPACITY, ...(dice.chance(50) && 'f0' in fields ? { evict: 'f0' } : {}) } as Spec;
    }),
  ];
}

const columnsOf = ({ key, fields }: Spec): [string, StoredType][] => [...Object.entries(key), ...Object.entries(fields)];

/** What is wrong with a row, in words. */
function faultsOf(spec: Spec): string[] {
  const { columns, bytes } = tableRow(spec);
  const types = new Map(columnsOf(spec));
  const owners = new Array<string | undefined>(bytes);
  const faults = columns.length === types.size ? [] : ['not all columns have a place'];
  for (const { column, type, offset, bytes: own } of columns) {
    const { low, high } = rangeOf(types.get(column)!);
    if (own < storageBytes(type) && (low < 0 || high >= 256 ** own)) faults.push(`${column} has no room in ${own} bytes`);
    if (offset % storageBytes(type) !== 0) faults.push(`${column} is not aligned`);
    for (let at = offset; at < offset + own; at += 1) {
      if (at >= bytes || owners[at] !== undefined) faults.push(`byte ${at} is that of ${owners[at] ?? 'nobody'} and of ${column}`);
      owners[at] = column;
    }
  }
  return faults;
}

t.test('columns of a row lie in it, as wide as their values, and none lies over another', (t) => {
  const all = Array.from({ length: 40 }, (_, seed) => specs(seed + 1)).flat();
  for (const spec of all) if (faultsOf(spec).length > 0) t.same(faultsOf(spec), [], JSON.stringify(spec));
  const shared = all.filter((spec) => tableRow(spec).columns.some(({ bytes, type }) => bytes < storageBytes(type)));
  t.ok(shared.length > 100, `${shared.length} of ${all.length} share words`);
  t.equal(tableRow(all[0]!).bytes, 16, 'rows of a switch have 16 bytes');
  t.end();
});

// ---- the same in Node and C ------------------------------------------------------------------------------------

interface Step {
  readonly method: 'find' | 'insert' | 'victim' | 'remove' | 'store';
  /** The value to be stored, or the key. */
  readonly values: readonly number[];
  readonly column: number;
  readonly slot: number;
}

/** A program that reads steps, answers each with a number, and ends with the memory of all tables. */
function program(all: readonly Spec[]): string {
  const lines = new Lines(false);
  lines.add('#include <stdio.h>');
  lines.add('#include "wl_table.h"');
  all.forEach((spec, index) => declareTable(lines, `t${index}`, spec));
  lines.block('int main(void)', () => {
    all.forEach((_, index) => lines.add(`wl_hash_keys(t${index}.table.keys, ${SEED}u, ${index}u);`));
    lines.add('int64_t step[8];');
    lines.block('while (fread(step, 8, 8, stdin) == 8)', () => {
      lines.add('int64_t answer = 0;');
      lines.block('switch (step[0])', () => all.forEach((spec, index) => stepText(lines, spec, index)));
      lines.add('fwrite(&answer, 8, 1, stdout);');
    });
    all.forEach((_, index) => ['table', 'tags', 'rows'].forEach((part) => lines.add(`fwrite(&t${index}.${part}, sizeof t${index}.${part}, 1, stdout);`)));
  });
  return lines.text();
}

function stepText(lines: Lines, spec: Spec, index: number): void {
  const key = Object.keys(spec.key).map((_, number) => `step[${4 + number}]`).join(', ');
  const name = `t${index}`;
  lines.add(`case ${index}:`);
  lines.block('switch (step[1])', () => {
    lines.add(`case 0: answer = ${name}_find(${key}); break;`);
    lines.add(`case 1: answer = ${name}_insert(${key}); break;`);
    lines.add(`case 2: answer = ${name}_victim(${key}); break;`);
    lines.add(`case 3: wl_table_remove(&${name}.table, ${name}.tags, (uint32_t)step[2]); break;`);
    const fields = Object.keys(spec.fields).map((column, number) => `if (step[3] == ${number}) ${name}.rows[step[2]].c_${column} = (${storageType(rangeOf(spec.fields[column]!))})step[4];`);
    lines.add(`case 4: ${fields.join(' ')} break;`);
  });
  lines.add('break;');
}

const METHODS = ['find', 'insert', 'victim', 'remove', 'store'] as const;

/** Steps at a table, and what Node answers. */
function run(spec: Spec, node: Table, seed: number): { steps: Step[]; answers: number[] } {
  const dice = new Dice(seed);
  const value = (type: StoredType) => {
    const { low, high } = rangeOf(type);
    return dice.chance(30) ? dice.pick([low, high]) : low + (dice.below(2 ** 31) * 2 ** 22 + dice.below(2 ** 22)) % (high - low + 1);
  };
  // Few keys, so that they are met again.
  const keys = Array.from({ length: 120 }, () => Object.values(spec.key).map(value));
  const fields = Object.entries(spec.fields);
  const steps: Step[] = [];
  const answers: number[] = [];
  for (let count = 0; count < STEPS; count += 1) {
    const method = dice.pick(['find', 'insert', 'insert', 'victim', 'remove', 'store', 'store'] as const);
    const key = dice.pick(keys);
    const slot = node.find(...key);
    if (method === 'remove' || method === 'store') {
      if (slot < 0 || (method === 'store' && fields.length === 0) || (method === 'remove' && dice.chance(70))) continue;
      const column = method === 'store' ? dice.below(fields.length) : 0;
      const values = method === 'store' ? [value(fields[column]![1])] : [];
      if (method === 'remove') node.remove(slot);
      else (node as unknown as Record<string, Float64Array>)[fields[column]![0]]![slot] = values[0]!;
      steps.push({ method, values, column, slot });
      answers.push(0);
    } else {
      steps.push({ method, values: key, column: 0, slot: 0 });
      answers.push(node[method](...key));
    }
  }
  return { steps, answers };
}

function encode(spec: number, { method, values, column, slot }: Step): Buffer {
  const words = [spec, METHODS.indexOf(method), slot, column, ...values, 0, 0, 0, 0].slice(0, 8);
  return Buffer.from(BigInt64Array.from(words.map(BigInt)).buffer);
}

function memoryOf(bytes: Buffer): PieceMemory {
  const { buffer } = Uint8Array.from(bytes);
  return { bytes: buffer.byteLength, buffer: () => buffer };
}

const SEEDS = [1, 2, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

/** What the program with these tables says to these steps: 64 bits for each, then the memory of the tables. */
function output(all: readonly Spec[], input: Buffer, compiler: Compiler): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-rows-'));
  try {
    writeFileSync(path.join(folder, 'rows.c'), program(all));
    execFileSync(compiler.command, ['-std=gnu11', ...compiler.flags, '-I', path.join(packageRoot, 'native/runtime'), '-o', path.join(folder, 'rows'), path.join(folder, 'rows.c')], { stdio: 'pipe' });
    const result = spawnSync(path.join(folder, 'rows'), { input, maxBuffer: 1 << 24 });
    if (result.status !== 0) throw new Error(`the program ended with ${result.status ?? result.signal}: ${result.stderr.toString()}`);
    return result.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const compiler of COMPILERS) {
  for (const seed of SEEDS) {
    t.test(`tables do the same in Node and by ${compiler.name} (WIRELET_SEED=${seed})`, (t) => {
      const all = specs(seed);
      const nodes = all.map((spec, index) => new Table(spec, SEED, index));
      const runs = all.map((spec, index) => run(spec, nodes[index]!, 100 * seed + index));
      const bytes = output(all, Buffer.concat(runs.flatMap(({ steps }, index) => steps.map((step) => encode(index, step)))), compiler);
      let at = 0;
      const part = (length: number) => bytes.subarray(at, (at += length));
      for (const [index, { steps, answers }] of runs.entries()) {
        const got = steps.map(() => Number(part(8).readBigInt64LE()));
        t.same(got, answers, `table ${index} (${JSON.stringify(all[index])}) answers the same`);
      }
      for (const [index, spec] of all.entries()) {
        const [node, row] = [nodes[index]!, tableRow(spec)];
        const memory = { table: memoryOf(part(TABLE_BYTES)), tags: memoryOf(part(node.slots)), rows: memoryOf(part(node.slots * row.bytes)) };
        const seen = tableOver(spec, SEED, index, memory, row.columns);
        t.same([seen.length, seen.evictions], [node.length, node.evictions], 'as many entries');
        t.same(entries(seen, spec), entries(node, spec), `table ${index}: Node reads of the memory what it knows itself`);
        writeAll(seen, spec, 100 * seed + index, node);
        t.same(entries(seen, spec), entries(node, spec), 'and what it writes is there, and nothing else is changed by it');
      }
      t.equal(at, bytes.length);
      t.end();
    });
  }
}

type Values = Record<string, { [slot: number]: number }>;

function entries(of: Table, spec: Spec): unknown[] {
  const rows: unknown[] = [];
  for (let slot = 0; slot < of.slots; slot += 1) {
    if (of.occupied(slot)) rows.push([slot, ...columnsOf(spec).map(([column]) => (of as unknown as Values)[column]![slot])]);
  }
  return rows;
}

/** Writes fields here and there, in both. */
function writeAll(seen: Table, spec: Spec, seed: number, node: Table): void {
  const dice = new Dice(seed);
  for (let slot = 0; slot < node.slots; slot += 1) {
    for (const [column, type] of Object.entries(spec.fields)) {
      if (!node.occupied(slot) || dice.chance(50)) continue;
      const { low, high } = rangeOf(type);
      for (const each of [seen, node]) (each as unknown as Values)[column]![slot] = slot % 2 === 0 ? low : high;
    }
  }
}
