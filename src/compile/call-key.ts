/** A call of a function that may become a procedure: what of its arguments is fixed, and what is handed over. */
import ts from '../typescript.js';
import { moduleScope } from './calls.js';
import type { Argument, PacketLocal, Parameter } from './ir.js';
import type { Lowering } from './lowering.js';
import { exactly, isExact, range, type Range } from './range.js';
import { declaredRange } from './binding.js';
import { constant, type FunctionValue, type Value, type Variable } from './value.js';

export interface Call {
  /** The function and all that is fixed: equal calls may share a procedure. */
  readonly key: string;
  readonly arguments: readonly Argument[];
  /** For each argument that is a value: what it may be, its type, and what its parameter is declared to be. */
  readonly ranges: readonly (Range | undefined)[];
  readonly types: readonly ('integer' | 'boolean' | undefined)[];
  readonly declared: readonly (Range | undefined)[];
  readonly names: readonly string[];
  /** The packets that are handed over, each once. */
  readonly packets: readonly PacketLocal[];
  /** The arguments as the procedure sees them. */
  bind(inner: Lowering, parameters: readonly Parameter[], ranges: readonly (Range | undefined)[]): Value[];
}

type Binder = (inner: Lowering, parameters: readonly Parameter[], ranges: readonly (Range | undefined)[]) => Value;

/** Undefined if something of the call cannot be handed over. `implied`: packets that go along without being named. */
export function callOf(lowering: Lowering, callee: FunctionValue, values: readonly Value[], implied: readonly PacketLocal[]): Call | undefined {
  const builder = new CallBuilder(lowering, callee);
  for (const [index, value] of values.entries()) if (!builder.add(value, index)) return undefined;
  for (const packet of implied) builder.packet(packet);
  return builder.call();
}

class CallBuilder {
  private readonly key: string[];
  private readonly arguments: Argument[] = [];
  private readonly ranges: (Range | undefined)[] = [];
  private readonly types: ('integer' | 'boolean' | undefined)[] = [];
  private readonly declared: (Range | undefined)[] = [];
  private readonly names: string[] = [];
  private readonly packets = new Map<PacketLocal, number>();
  private readonly binders: Binder[] = [];

  constructor(
    private readonly lowering: Lowering,
    private readonly callee: FunctionValue,
  ) {
    this.key = [identityOf(callee.declaration)];
  }

  call(): Call {
    const { key, arguments: list, ranges, types, declared, names, packets, binders } = this;
    return { key: key.join(' '), arguments: list, ranges, types, declared, names, packets: [...packets.keys()], bind: (inner, parameters, wide) => binders.map((binder) => binder(inner, parameters, wide)) };
  }

  /** Adds an argument; false if it cannot be handed over. */
  add(value: Value, index: number): boolean {
    switch (value.kind) {
      case 'integer':
        return this.integer(value, index);
      case 'boolean':
        return this.boolean(value, index);
      case 'packet':
        if (this.lowering.flow.statusOf(value.packet) !== 'owned') return false;
        return this.handedPacket(value.packet);
      case 'view':
        return this.view(value);
      case 'pick':
        return this.pick(value, index);
      case 'const':
        if (Number.isSafeInteger(value.value)) return this.integer({ kind: 'integer', expression: { op: 'number', value: value.value as number, range: exactly(value.value as number) } }, index);
        if (typeof value.value === 'boolean') return this.boolean(value, index);
        return this.fixed(value, fixedKey(value.value));
      case 'void':
        return this.fixed(value, 'void');
      case 'entity':
        return this.fixed(value, identityOf(value.entity.identity));
      case 'function':
        // One that was declared inside another knows variables of that.
        if (value.scope !== moduleScope(this.lowering.library.read(value.declaration.getSourceFile().fileName))) return false;
        return this.fixed(value, identityOf(value.declaration));
      case 'verdict':
        return value.to?.kind !== 'any-output' && this.fixed(value, JSON.stringify(value.to ?? null));
      case 'refused':
        return false;
    }
  }

  /** Hands a packet over; the number of its parameter. */
  packet(packet: PacketLocal): number {
    const known = this.packets.get(packet);
    if (known !== undefined) return known;
    const place = this.parameter({ kind: 'packet', packet }, undefined, undefined, -1);
    this.packets.set(packet, place);
    return place;
  }

  private handedPacket(packet: PacketLocal): boolean {
    const place = this.packet(packet);
    this.key.push(`packet${place}`);
    this.binders.push((_inner, parameters) => ({ kind: 'packet', packet: packetAt(parameters, place) }));
    return true;
  }

  private view(value: Extract<Value, { kind: 'view' }>): boolean {
    if (this.lowering.flow.statusOf(value.packet) !== 'owned') return false;
    const place = this.packet(value.packet);
    const pointer = this.parameter({ kind: 'view', view: value.view }, undefined, undefined, -1);
    this.key.push(`view${place} ${identityOf(value.layout)}`);
    this.binders.push((_inner, parameters) => ({ kind: 'view', layout: value.layout, packet: packetAt(parameters, place), view: (parameters[pointer] as Extract<Parameter, { kind: 'view' }>).view }));
    return true;
  }

  private integer(value: Extract<Value, { kind: 'integer' }>, index: number): boolean {
    const place = this.parameter({ kind: 'value', value: value.expression }, value.expression.range, 'integer', index);
    this.key.push('integer');
    this.binders.push((inner, parameters) => integerOf(inner, parameters, place));
    return true;
  }

  private boolean(value: Value, index: number): boolean {
    const { condition } = this.lowering.condition(value, this.callee.declaration);
    const known = condition.op === 'boolean' ? exactly(Number(condition.value)) : range(0, 1);
    const place = this.parameter({ kind: 'value', value: condition }, known, 'boolean', index);
    this.key.push('boolean');
    this.binders.push((_inner, parameters, ranges) => (isExact(ranges[place]!) ? constant(ranges[place]!.low === 1) : { kind: 'boolean', condition: { op: 'flag', local: localAt(parameters, place) } }));
    return true;
  }

  private pick(value: Extract<Value, { kind: 'pick' }>, index: number): boolean {
    if (value.array.every((item) => Number.isSafeInteger(item))) return this.integer({ kind: 'integer', expression: this.lowering.integer(value, this.callee.declaration) }, index);
    const place = this.parameter({ kind: 'value', value: value.index }, value.index.range, 'integer', -1);
    this.key.push(`pick ${identityOf(value.array)}`);
    this.binders.push((inner, parameters) => ({ kind: 'pick', array: value.array, index: integerOf(inner, parameters, place).expression }));
    return true;
  }

  private fixed(value: Value, key: string): boolean {
    this.key.push(key);
    this.binders.push(() => value);
    return true;
  }

  /** `index`: of the parameter in the function's declaration, if it is that as it stands. */
  private parameter(argument: Argument, known: Range | undefined, type: 'integer' | 'boolean' | undefined, index: number): number {
    const declaration = this.callee.declaration.parameters[index];
    this.arguments.push(argument);
    this.ranges.push(known);
    this.types.push(type);
    this.declared.push(type === 'boolean' ? range(0, 1) : declaredRange(declaration?.type));
    this.names.push(declaration !== undefined && ts.isIdentifier(declaration.name) ? declaration.name.text : 'given');
    return this.arguments.length - 1;
  }
}

function packetAt(parameters: readonly Parameter[], place: number): PacketLocal {
  return (parameters[place] as Extract<Parameter, { kind: 'packet' }>).packet;
}

function localAt(parameters: readonly Parameter[], place: number) {
  return (parameters[place] as Extract<Parameter, { kind: 'value' }>).local;
}

function integerOf(inner: Lowering, parameters: readonly Parameter[], place: number): Extract<Value, { kind: 'integer' }> {
  const local = localAt(parameters, place);
  const variable: Variable = { name: local.name, local, constant: true };
  inner.flow.know(variable, local.range);
  if (isExact(local.range)) return { kind: 'integer', expression: { op: 'number', value: local.range.low, range: local.range }, variable };
  return { kind: 'integer', expression: { op: 'local', local, range: local.range }, variable };
}

const identities = new WeakMap<object, string>();
let identityCount = 0;

function identityOf(object: object): string {
  let identity = identities.get(object);
  if (identity === undefined) identities.set(object, (identity = `#${identityCount++}`));
  return identity;
}

function fixedKey(value: unknown): string {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return identityOf(value);
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}
