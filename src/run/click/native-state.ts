/** Element state in the memory of compiled code, as the elements' handlers know it from Node. */
import { Table, type Columns, type TableSpec } from '../../kit/table.js';
import type { StorageType } from '../../plan/storage.js';
import type { ColumnPlace } from '../../plan/table-row.js';

/** A piece of memory that compiled code works on. */
export interface PieceMemory {
  readonly bytes: number;
  /** What is there now; the same object while it is the memory itself. */
  buffer(): ArrayBuffer;
}

/** A view of memory, made anew only when the memory is another. */
function viewOf<View>(memory: PieceMemory, make: (buffer: ArrayBuffer) => View): () => View {
  let seen: ArrayBuffer | undefined;
  let view: View;
  return () => {
    const buffer = memory.buffer();
    if (buffer !== seen) view = make((seen = buffer));
    return view;
  };
}

/** 32-bit words at a piece of memory. */
export function wordsOf(memory: PieceMemory): () => Uint32Array {
  return viewOf(memory, (buffer) => new Uint32Array(buffer));
}

/** One integer in memory. */
export interface Cell {
  get(): number;
  set(value: number): void;
}

type Integers = { [index: number]: number; readonly length: number };

const VIEWS: Readonly<Record<string, new (memory: ArrayBuffer) => Integers>> = {
  uint8_t: Uint8Array, uint16_t: Uint16Array, uint32_t: Uint32Array, int8_t: Int8Array, int16_t: Int16Array, int32_t: Int32Array,
};

export function cellOf(type: string, memory: PieceMemory): Cell {
  if (type === 'int64_t') {
    const view = viewOf(memory, (buffer) => new BigInt64Array(buffer));
    return { get: () => Number(view()[0]), set: (value) => void (view()[0] = BigInt(value)) };
  }
  const view = viewOf(memory, (buffer) => new VIEWS[type]!(buffer));
  return { get: () => view()[0]!, set: (value) => void (view()[0] = value) };
}

/** `length` integers that follow one another, as they are when this is called. */
export function integersOf(type: string, memory: PieceMemory, length: number): () => Integers {
  if (type !== 'int64_t') return viewOf(memory, (buffer) => new VIEWS[type]!(buffer));
  return viewOf(memory, (buffer) => {
    const view = new BigInt64Array(buffer);
    return indexed(length, (index) => Number(view[index]), (index, value) => void (view[index] = BigInt(value)));
  });
}

/** Something with an integer for each index. */
function indexed(length: number, get: (index: number) => number, set: (index: number, value: number) => void): Integers {
  const indexOf = (key: string | symbol) => (typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : undefined);
  return new Proxy<Integers>({ length }, {
    get(target, key) {
      const index = indexOf(key);
      return index === undefined ? Reflect.get(target, key) : index < length ? get(index) : undefined;
    },
    set(_target, key, value: number) {
      const index = indexOf(key);
      if (index === undefined || index >= length) return false;
      set(index, value);
      return true;
    },
  });
}

interface TableMemory {
  readonly table: PieceMemory;
  readonly tags: PieceMemory;
  readonly rows: PieceMemory;
}

/** A flow table: the same algorithms, slot for slot, over the memory of the compiled one. */
export function tableOver(spec: TableSpec<Columns, Columns>, seed: number, number: number, memory: TableMemory, columns: readonly ColumnPlace[]): Table {
  const table = new Table(spec, seed, number);
  const words = wordsOf(memory.table);
  // struct wl_table ends with `used`, perhaps padding, and the 64-bit `evictions`.
  const used = memory.table.bytes / 4 - 4;
  const evictions = viewOf(memory.table, (buffer) => new BigUint64Array(buffer, buffer.byteLength - 8, 1));
  const tags = viewOf(memory.tags, (buffer) => new Uint8Array(buffer));
  const rows = viewOf(memory.rows, (buffer) => new DataView(buffer));
  const slots = memory.tags.bytes;
  const stride = memory.rows.bytes / slots;
  Object.defineProperties(table, {
    // It may be the table of another appliance, taken over with its keys.
    keys: { get: words },
    tags: { get: tags },
    used: { get: () => words()[used]!, set: (value: number) => void (words()[used] = value) },
    evicted: { get: () => Number(evictions()[0]), set: (value: number) => void (evictions()[0] = BigInt(value)) },
  });
  // The columns of a Table are fixed properties: an object in front of it has those of the memory.
  const over = Object.create(table) as Table;
  for (const { column, type, offset, bytes } of columns) {
    const value = indexed(slots, (slot) => readInteger(rows(), type, bytes, slot * stride + offset), (slot, each) => writeInteger(rows(), type, bytes, slot * stride + offset, each));
    Object.defineProperty(over, column, { value, enumerable: true });
  }
  return over;
}

/** `bytes`: fewer than the type's where the rest of its word is another's. */
function readInteger(view: DataView, type: StorageType, bytes: number, at: number): number {
  switch (type) {
    case 'uint8_t':
      return view.getUint8(at);
    case 'uint16_t':
      return view.getUint16(at, true);
    case 'uint32_t':
      return view.getUint32(at, true);
    case 'int8_t':
      return view.getInt8(at);
    case 'int16_t':
      return view.getInt16(at, true);
    case 'int32_t':
      return view.getInt32(at, true);
    default:
      return Number(bytes === 8 ? view.getBigInt64(at, true) : BigInt.asUintN(8 * bytes, view.getBigInt64(at, true)));
  }
}

function writeInteger(view: DataView, type: StorageType, bytes: number, at: number, value: number): void {
  switch (type) {
    case 'uint8_t':
      return view.setUint8(at, value);
    case 'uint16_t':
      return view.setUint16(at, value, true);
    case 'uint32_t':
      return view.setUint32(at, value, true);
    case 'int8_t':
      return view.setInt8(at, value);
    case 'int16_t':
      return view.setInt16(at, value, true);
    case 'int32_t':
      return view.setInt32(at, value, true);
    default:
      // What lies above it in its word stays.
      return view.setBigInt64(at, bytes === 8 ? BigInt(value) : BigInt.asIntN(64, ((view.getBigInt64(at, true) >> BigInt(8 * bytes)) << BigInt(8 * bytes)) | BigInt(value)), true);
  }
}
