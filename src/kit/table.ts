/**
 * Flow tables: fixed capacity, at most two buckets of eight slots per look-up, seeded hash, counted
 * eviction. An entry keeps its slot until it is removed, so a slot number is a handle, and per-flow state
 * lies in columns indexed by it. Twin: native/runtime/wl_table.h, slot for slot.
 *
 * A key goes to one of two buckets. The first is taken while it has room to spare; else the emptier one,
 * so that a table filled to its capacity overflows practically never. When both are full the entry with
 * the lowest value in the `evict` column gives way, or, without that column, the insertion fails.
 */
import { hashKeys, hashWords } from './hash.js';
import type { u32 } from './integers.js';
import type { StoredType } from './stored-type.js';

export const BUCKET_SLOTS = 8;
/**
 * A first bucket with fewer entries than this takes a new one without a look at the second. With seven, less is looked for in
 * second buckets, but when a table has all that it was made for, both buckets of two in a million keys are full: in tables of
 * more slots than these somebody would be refused, so they have six (docs/decisions/0012-packet-path.md).
 */
export const BUCKET_ROOM_TO_SPARE = 7;
export const LARGE_BUCKET_ROOM_TO_SPARE = 6;
export const LARGE_TABLE_SLOTS = 65_536;

export type Columns = Readonly<Record<string, StoredType>>;

export interface TableSpec<K extends Columns, F extends Columns> {
  readonly kind: 'table';
  /** Columns of the key; their order is the order of the arguments of `find` and `insert`. */
  readonly key: K;
  readonly fields: F;
  readonly capacity: number;
  /** The column whose lowest value names the entry to give way. */
  readonly evict?: string;
}

/** A table with room for `capacity` entries (and, since slots are a power of two, often for some more). */
export function table<const K extends Columns, const F extends Columns>(spec: {
  key: K;
  fields: F;
  capacity: number;
  evict?: Extract<keyof F, string>;
}): TableSpec<K, F> {
  return { kind: 'table', ...spec };
}

/** Slots of a table for `capacity` entries: a power of two, at most half of them in use. */
export function tableSlots(capacity: number): number {
  return Math.max(2 * BUCKET_SLOTS, 2 ** Math.ceil(Math.log2(2 * capacity)));
}

/** Whether a stored type takes two hash words: its values may exceed 32 bits. */
export function isWide(type: StoredType): boolean {
  if (typeof type === 'string') return type === 'u48' || type === 'u53';
  return type.high > 0xffff_ffff || type.low < -0x8000_0000;
}

export class Table {
  readonly capacity: number;
  readonly slots: number;
  private readonly keys: Uint32Array;
  /** 0: free; else 0x80 and 7 bits of the hash. */
  private readonly tags: Uint8Array;
  private readonly keyNames: readonly string[];
  private readonly wide: readonly boolean[];
  private used = 0;
  private evicted = 0;

  constructor(
    private readonly spec: TableSpec<Columns, Columns>,
    seed: u32,
    number: number,
  ) {
    this.capacity = spec.capacity;
    this.slots = tableSlots(spec.capacity);
    this.keys = hashKeys(seed, number);
    this.tags = new Uint8Array(this.slots);
    this.keyNames = Object.keys(spec.key);
    this.wide = Object.values(spec.key).map(isWide);
    for (const name of [...this.keyNames, ...Object.keys(spec.fields)]) {
      Object.defineProperty(this, name, { value: new Float64Array(this.slots), enumerable: true });
    }
  }

  /** Entries in use. */
  get length(): u32 {
    return this.used;
  }

  /** Entries that gave way to others since the start. */
  get evictions(): u32 {
    return this.evicted;
  }

  /** The slot of the entry with this key, or -1. */
  find(...key: number[]): number {
    const hash = this.hash(key);
    for (const bucket of this.buckets(hash)) {
      for (let slot = bucket; slot < bucket + BUCKET_SLOTS; slot += 1) {
        if (this.tags[slot] === tagOf(hash) && this.matches(slot, key)) return slot;
      }
    }
    return -1;
  }

  /**
   * The slot of the entry with this key, made with all fields zero if there was none. -1 when both its
   * buckets are full and nothing may be evicted.
   */
  insert(...key: number[]): number {
    const found = this.find(...key);
    if (found >= 0) return found;
    const hash = this.hash(key);
    let slot = this.freeSlot(hash);
    if (slot < 0) {
      slot = this.oldest(hash);
      if (slot < 0) return -1;
      this.remove(slot);
      this.evicted += 1;
    }
    this.tags[slot] = tagOf(hash);
    this.used += 1;
    this.keyNames.forEach((name, index) => (this.column(name)[slot] = key[index]!));
    for (const name of Object.keys(this.spec.fields)) this.column(name)[slot] = 0;
    return slot;
  }

  /** The slot whose entry `insert` would evict for this key, or -1 when it would evict none. */
  victim(...key: number[]): number {
    if (this.find(...key) >= 0) return -1;
    const hash = this.hash(key);
    if (this.freeSlot(hash) >= 0) return -1;
    return this.oldest(hash);
  }

  /** Frees a slot; nothing happens if it is free already. */
  remove(slot: number): void {
    if (this.tags[slot] === 0) return;
    this.tags[slot] = 0;
    this.used -= 1;
  }

  /** Whether the slot holds an entry. */
  occupied(slot: number): boolean {
    return this.tags[slot] !== 0;
  }

  private column(name: string): Float64Array {
    return (this as unknown as Record<string, Float64Array>)[name]!;
  }

  private hash(key: readonly number[]): u32 {
    const words: number[] = [];
    key.forEach((value, index) => {
      words.push(value >>> 0);
      if (this.wide[index]!) words.push(Math.floor(value / 2 ** 32) >>> 0);
    });
    return hashWords(words, this.keys);
  }

  /** First slots of the two buckets for a hash. */
  private buckets(hash: u32): [number, number] {
    const mask = this.slots / BUCKET_SLOTS - 1;
    const second = Math.imul(hash, 0x9e37_79b1) >>> 8;
    return [(hash & mask) * BUCKET_SLOTS, (second & mask) * BUCKET_SLOTS];
  }

  private matches(slot: number, key: readonly number[]): boolean {
    return this.keyNames.every((name, index) => this.column(name)[slot] === key[index]);
  }

  private entriesIn(bucket: number): number {
    let count = 0;
    for (let slot = bucket; slot < bucket + BUCKET_SLOTS; slot += 1) count += this.tags[slot] === 0 ? 0 : 1;
    return count;
  }

  private freeSlot(hash: u32): number {
    const [first, second] = this.buckets(hash);
    const inFirst = this.entriesIn(first);
    const spare = this.slots > LARGE_TABLE_SLOTS ? LARGE_BUCKET_ROOM_TO_SPARE : BUCKET_ROOM_TO_SPARE;
    const bucket = inFirst < spare || inFirst <= this.entriesIn(second) ? first : second;
    for (let slot = bucket; slot < bucket + BUCKET_SLOTS; slot += 1) if (this.tags[slot] === 0) return slot;
    return -1;
  }

  /** The entry of the two buckets with the lowest `evict` value, the first of equals; -1: none or no column. */
  private oldest(hash: u32): number {
    if (this.spec.evict === undefined) return -1;
    const age = this.column(this.spec.evict);
    let found = -1;
    for (const bucket of this.buckets(hash)) {
      for (let slot = bucket; slot < bucket + BUCKET_SLOTS; slot += 1) {
        if (this.tags[slot] !== 0 && (found < 0 || age[slot]! < age[found]!)) found = slot;
      }
    }
    return found;
  }
}

function tagOf(hash: u32): number {
  return 0x80 | (hash >>> 25);
}

