/** State entries on the packet path: registers, arrays, tables, queues and lists of packets. */
import type ts from 'typescript';
import { rangeOf, type StateEntry } from '../kit/state.js';
import type { StoredType } from '../kit/stored-type.js';
import { tableSlots, type Columns, type TableSpec } from '../kit/table.js';
import { proveIndex } from './members.js';
import { plainName } from './foreign-entry.js';
import type { QueueEnd, StateCall, StatePlace } from './ir.js';
import type { Lowering } from './lowering.js';
import { range, type Range } from './range.js';
import { constant, Entity, entity, method, VOID, type Value } from './value.js';

/** The `state` object. */
export class StateEntity extends Entity {
  readonly title = 'the state';

  constructor(private readonly entries: Readonly<Record<string, Entity>>) {
    super();
  }

  override names(): readonly string[] {
    return Object.keys(this.entries);
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    const found = this.entries[name];
    if (found instanceof ScalarEntity) return found.read(lowering, at);
    return found === undefined ? undefined : entity(found);
  }

  override assignMember(lowering: Lowering, name: string, value: Value, at: ts.Node): boolean {
    const found = this.entries[name];
    if (!(found instanceof ScalarEntity)) return false;
    found.write(lowering, value, at);
    return true;
  }
}

export function makeStateEntity(name: string, entry: StateEntry): Entity {
  switch (entry.kind) {
    case 'register':
      return new ScalarEntity(name, rangeOf(entry.type));
    case 'flag':
      return new ScalarEntity(name, undefined);
    case 'array':
      return new ArrayEntity(name, entry.length, rangeOf(entry.type));
    case 'queue':
      return new QueueEntity(name, entry.capacity);
    case 'lists':
      return new ListsEntity(name, entry.lists, entry.capacity);
    case 'table':
      return new TableEntity(name, entry);
  }
}

/** A register (with a range) or a flag (without). */
class ScalarEntity extends Entity {
  readonly title: string;

  constructor(
    private readonly entry: string,
    private readonly range: Range | undefined,
  ) {
    super();
    this.title = `state.${entry}`;
  }

  read(lowering: Lowering, at: ts.Node): Value {
    const place: StatePlace = { kind: 'register', entry: this.entry };
    return this.range === undefined ? loadFlag(lowering, place, this.entry, at) : load(lowering, place, this.range, this.entry, at);
  }

  write(lowering: Lowering, value: Value, at: ts.Node): void {
    const place: StatePlace = { kind: 'register', entry: this.entry };
    if (this.range === undefined) lowering.add({ op: 'store-state', place, value: lowering.condition(value, at).condition }, at);
    else store(lowering, place, this.range, this.title, value, at);
  }
}

function load(lowering: Lowering, place: StatePlace, stored: Range, name: string, at: ts.Node): Value {
  const { local, value } = lowering.result(plainName(name), stored);
  lowering.add({ op: 'load-state', local, place }, at);
  return value;
}

function loadFlag(lowering: Lowering, place: StatePlace, name: string, at: ts.Node): Value {
  const { local, value } = lowering.flagResult(plainName(name));
  lowering.add({ op: 'load-state', local, place }, at);
  return value;
}

function store(lowering: Lowering, place: StatePlace, stored: Range, name: string, value: Value, at: ts.Node): void {
  const expression = lowering.integer(value, at);
  lowering.fits(expression, stored, name, at);
  lowering.add({ op: 'store-state', place, value: expression }, at);
}

/** Something indexed by a proved number: an array, or a column of a table. */
class CellsEntity extends Entity {
  constructor(
    readonly title: string,
    private readonly length: number,
    private readonly stored: Range,
    private readonly writable: boolean,
    private readonly place: (index: import('./ir.js').Expression) => StatePlace,
    private readonly name: string,
  ) {
    super();
  }

  override names(): readonly string[] {
    return ['length'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return name === 'length' ? constant(this.length) : undefined;
  }

  override element(lowering: Lowering, index: Value, at: ts.ElementAccessExpression): Value {
    return load(lowering, this.place(this.index(lowering, index, at)), this.stored, this.name, at);
  }

  override assignElement(lowering: Lowering, index: Value, value: Value, at: ts.Node): boolean {
    if (!this.writable) return false;
    const place = this.place(this.index(lowering, index, at as ts.ElementAccessExpression));
    store(lowering, place, this.stored, this.title, value, at);
    return true;
  }

  private index(lowering: Lowering, index: Value, at: ts.ElementAccessExpression) {
    const position = lowering.integer(index, at, 'an integer index');
    proveIndex(lowering, position, this.length, at);
    return position;
  }
}

export class ArrayEntity extends CellsEntity {
  /** Whether its cells are bytes. */
  readonly bytes: boolean;

  constructor(
    readonly entry: string,
    readonly cells: number,
    stored: Range,
  ) {
    super(`state.${entry}`, cells, stored, true, (index) => ({ kind: 'element', entry, index }), entry);
    this.bytes = stored.low === 0 && stored.high === 255;
  }
}

/** The table of a key, its fields by column, and the operations on both. */
class TableEntity extends Entity {
  readonly title: string;
  private readonly slots: number;

  constructor(
    private readonly entry: string,
    private readonly spec: TableSpec<Columns, Columns>,
  ) {
    super();
    this.title = `state.${entry}`;
    this.slots = tableSlots(spec.capacity);
  }

  override names(): readonly string[] {
    const methods = ['find', 'insert', 'victim', 'remove', 'occupied', 'length', 'evictions', 'capacity', 'slots'];
    return [...methods, ...Object.keys(this.spec.key), ...Object.keys(this.spec.fields)];
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    const { entry } = this;
    switch (name) {
      case 'capacity':
        return constant(this.spec.capacity);
      case 'slots':
        return constant(this.slots);
      case 'length':
        return number(lowering, { name: 'table-length', entry }, range(0, this.slots), at);
      case 'evictions':
        return number(lowering, { name: 'table-evictions', entry }, range(0, Number.MAX_SAFE_INTEGER), at);
      case 'find':
      case 'insert':
      case 'victim':
        return method(`${this.title}.${name}`, (inner, values, call) => this.byKey(inner, name, values, call));
      case 'remove':
      case 'occupied':
        return method(`${this.title}.${name}`, (inner, values, call) => this.bySlot(inner, name, values, call));
      default:
        return this.column(name);
    }
  }

  private column(name: string): Value | undefined {
    const inKey = this.spec.key[name];
    const type: StoredType | undefined = inKey ?? this.spec.fields[name];
    if (type === undefined) return undefined;
    const { entry } = this;
    return entity(
      new CellsEntity(`${this.title}.${name}`, this.slots, rangeOf(type), inKey === undefined, (index) => ({ kind: 'column', entry, column: name, index }), name),
    );
  }

  private byKey(lowering: Lowering, name: 'find' | 'insert' | 'victim', values: readonly Value[], at: ts.CallExpression): Value {
    const columns = Object.entries(this.spec.key);
    if (values.length !== columns.length) {
      return lowering.refuse('WL2014', at, `${this.title}.${name} takes the key: ${columns.map(([column]) => column).join(', ')}`);
    }
    const key = values.map((value, index) => {
      const [column, type] = columns[index]!;
      const expression = lowering.integer(value, at.arguments[index]!);
      lowering.fits(expression, rangeOf(type), column, at.arguments[index]!);
      return lowering.materialize(expression, column, at.arguments[index]!);
    });
    const { local, value } = lowering.result('slot', range(-1, this.slots - 1));
    lowering.add({ op: 'state-call', call: { name, entry: this.entry, key }, result: local }, at);
    return value;
  }

  private bySlot(lowering: Lowering, name: 'remove' | 'occupied', values: readonly Value[], at: ts.CallExpression): Value {
    const slot = lowering.integer(values[0] ?? VOID, at);
    lowering.fits(slot, range(0, this.slots - 1), 'the slot', at);
    const call: StateCall = { name, entry: this.entry, slot };
    if (name === 'occupied') return flag(lowering, call, at);
    lowering.add({ op: 'state-call', call }, at);
    return VOID;
  }
}

function number(lowering: Lowering, call: StateCall, result: Range, at: ts.Node): Value {
  const { local, value } = lowering.result(call.name.replace('-', '_'), result);
  lowering.add({ op: 'state-call', call, result: local }, at);
  return value;
}

function flag(lowering: Lowering, call: StateCall, at: ts.Node): Value {
  const { local, value } = lowering.flagResult(call.name.replace('-', '_'));
  lowering.add({ op: 'state-call', call, result: local }, at);
  return value;
}

/** Storing where there is no room is the element's mistake; the packet is dropped and counted. */
function trapIfFull(lowering: Lowering, call: StateCall, at: ts.Node): void {
  const { local } = lowering.flagResult('full');
  lowering.add({ op: 'state-call', call, result: local }, at);
  lowering.trapIf({ op: 'flag', local }, 'store_full', at);
}

class QueueEntity extends Entity {
  readonly title: string;

  constructor(
    private readonly entry: string,
    private readonly capacity: number,
  ) {
    super();
    this.title = `state.${entry}`;
  }

  override names(): readonly string[] {
    return ['capacity', 'length', 'full', 'enqueue', 'enqueueFirst', 'dequeue', 'dequeueLast'];
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    const { entry } = this;
    switch (name) {
      case 'capacity':
        return constant(this.capacity);
      case 'length':
        return number(lowering, { name: 'queue-length', entry }, range(0, this.capacity), at);
      case 'full':
        return flag(lowering, { name: 'queue-full', entry }, at);
      case 'enqueue':
      case 'enqueueFirst':
        return this.enqueue(name === 'enqueue' ? 'usual' : 'other');
      case 'dequeue':
      case 'dequeueLast':
        return this.dequeue(name === 'dequeue' ? 'usual' : 'other');
      default:
        return undefined;
    }
  }

  private enqueue(end: QueueEnd): Value {
    const { entry } = this;
    return method('enqueue', (inner, values, call) => {
      const packet = inner.packet(values[0] ?? VOID, call);
      trapIfFull(inner, { name: 'queue-full', entry }, call);
      inner.add({ op: 'enqueue', packet, entry, end }, call);
      inner.used(packet);
      return VOID;
    });
  }

  private dequeue(end: QueueEnd): Value {
    const { entry } = this;
    return method('dequeue', (inner, _values, call) => {
      const packet = inner.newPacket(false, 'maybe');
      inner.add({ op: 'dequeue', packet, entry, end }, call);
      return { kind: 'packet', packet };
    });
  }
}

class ListsEntity extends Entity {
  readonly title: string;

  constructor(
    private readonly entry: string,
    private readonly lists: number,
    private readonly capacity: number,
  ) {
    super();
    this.title = `state.${entry}`;
  }

  override names(): readonly string[] {
    return ['lists', 'capacity', 'length', 'full', 'count', 'append', 'take'];
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    const { entry } = this;
    switch (name) {
      case 'lists':
        return constant(this.lists);
      case 'capacity':
        return constant(this.capacity);
      case 'length':
        return number(lowering, { name: 'lists-length', entry }, range(0, this.capacity), at);
      case 'full':
        return flag(lowering, { name: 'lists-full', entry }, at);
      case 'count':
        return method('count', (inner, values, call) =>
          number(inner, { name: 'list-count', entry, list: this.list(inner, values[0], call) }, range(0, this.capacity), call),
        );
      case 'append':
        return method('append', (inner, values, call) => {
          const list = this.list(inner, values[0], call);
          const packet = inner.packet(values[1] ?? VOID, call);
          trapIfFull(inner, { name: 'lists-full', entry }, call);
          inner.add({ op: 'list-append', packet, entry, list }, call);
          inner.used(packet);
          return VOID;
        });
      case 'take':
        return method('take', (inner, values, call) => {
          const list = this.list(inner, values[0], call);
          const packet = inner.newPacket(false, 'maybe');
          inner.add({ op: 'take', packet, entry, list }, call);
          return { kind: 'packet', packet };
        });
      default:
        return undefined;
    }
  }

  private list(lowering: Lowering, value: Value | undefined, at: ts.CallExpression) {
    const list = lowering.integer(value ?? VOID, at);
    lowering.fits(list, range(0, this.lists - 1), 'the list', at);
    return lowering.materialize(list, 'list', at);
  }
}

