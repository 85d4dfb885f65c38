/** The element's context on the packet path: `config`, `state`, `outputs`, `emit` and the rest. */
import type ts from 'typescript';
import { TIME_RANGE } from '../kit/element.js';
import type { StateEntry } from '../kit/state.js';
import { proveIndex } from './members.js';
import type { Destination } from './ir.js';
import { entryPrefix } from './foreign-entry.js';
import { CLOCK, COPIES, LINKS, LOG, PACKETS, QUEUES, RANDOM } from './context-services.js';
import type { Lowering } from './lowering.js';
import { settledIndex } from './settled.js';
import { makeStateEntity, StateEntity } from './state-access.js';
import { UINT32 } from './range.js';
import { constant, describe, Entity, entity, method, number, VOID, type Value } from './value.js';

/** What the compiler must know of an instance to lower its methods; equal shapes share their code. */
export interface InstanceShape {
  readonly config: unknown;
  readonly built: unknown;
  readonly state: Readonly<Record<string, StateEntry>>;
  readonly counters: readonly string[];
  readonly drops: readonly string[];
  readonly timers: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** State of other instances that this one uses, and their numbers. */
  readonly peers: readonly { readonly index: number; readonly state: Readonly<Record<string, StateEntry>> }[];
}

/** The parts of the context that do not depend on the port: made once for a shape, so that they can be told to be the same. */
const parts = new WeakMap<InstanceShape, Readonly<Record<string, Value>>>();

function partsOf(shape: InstanceShape): Readonly<Record<string, Value>> {
  let made = parts.get(shape);
  if (made === undefined) {
    made = {
      config: constant(shape.config),
      built: constant(shape.built),
      state: entity(stateEntity(shape.state)),
      counters: entity(new CountersEntity(shape.counters)),
      inputs: entity(new InputsEntity(shape)),
      outputs: entity(new OutputsEntity(shape)),
      timers: entity(new TimersEntity(shape.timers)),
      clock: entity(CLOCK),
      random: entity(RANDOM),
      packets: entity(PACKETS),
      log: entity(LOG),
      copies: entity(COPIES),
      links: entity(LINKS),
      queues: entity(QUEUES),
      peers: entity(new PeersEntity(shape)),
      emit: method('emit', (lowering, values, at) => emit(lowering, values, at, 'emit')),
      emitCopy: method('emitCopy', (lowering, values, at) => emit(lowering, values, at, 'emit-copy')),
    };
    parts.set(shape, made);
  }
  return made;
}

/** The context object of a method that runs for port `port`. */
export class ContextEntity extends Entity {
  readonly title = 'the context';
  private readonly members: Readonly<Record<string, Value>>;

  constructor(
    shape: InstanceShape,
    private readonly port: number,
  ) {
    super();
    this.members = partsOf(shape);
  }

  /** A function that looks at the port says so: to all others the context is the same. */
  override get identity(): object {
    return this.members;
  }

  override names(): readonly string[] {
    return [...Object.keys(this.members), 'port'];
  }

  override member(lowering: Lowering, name: string): Value | undefined {
    if (name !== 'port') return this.members[name];
    lowering.usesPort = true;
    return constant(this.port);
  }
}

function emit(lowering: Lowering, values: readonly Value[], at: ts.CallExpression, op: 'emit' | 'emit-copy'): Value {
  const [verdict, packetValue] = values;
  if (verdict === undefined || packetValue === undefined) {
    return lowering.refuse('WL2014', at, `${op === 'emit' ? 'emit' : 'emitCopy'} takes an output and a packet`);
  }
  const ends = op === 'emit' && isConsumed(verdict);
  if (!ends && (verdict.kind !== 'verdict' || verdict.to === undefined)) {
    return lowering.refuse('WL2015', at, `expected an output, got ${describe(verdict)}`, 'Write emit(outputs.out, packet).');
  }
  const packet = lowering.packet(packetValue, at);
  lowering.add({ op, packet, to: ends ? { kind: 'consumed' } : (verdict as { to: Destination }).to }, at);
  if (op === 'emit') lowering.used(packet);
  return VOID;
}

/** The verdict `consumed`: a task that pulled a packet may end it. */
function isConsumed(value: Value): boolean {
  return value.kind === 'const' && typeof value.value === 'object' && value.value !== null && 'kind' in value.value && value.value.kind === 'consumed';
}

function stateEntity(state: InstanceShape['state'], prefix = ''): StateEntity {
  return new StateEntity(Object.fromEntries(Object.entries(state).map(([name, entry]) => [name, makeStateEntity(`${prefix}${name}`, entry)])));
}

/** The other elements whose state this one uses. */
class PeersEntity extends Entity {
  readonly title = 'peers';
  private readonly peers: readonly Value[];

  constructor(shape: InstanceShape) {
    super();
    this.peers = shape.peers.map((peer) => entity(new PeerEntity(peer)));
  }

  override names(): readonly string[] {
    return ['length'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return name === 'length' ? constant(this.peers.length) : undefined;
  }

  override element(lowering: Lowering, index: Value, at: ts.ElementAccessExpression): Value {
    const position = lowering.constantOf(index)?.value;
    const peer = typeof position === 'number' ? this.peers[position] : undefined;
    if (peer === undefined) return lowering.refuse('WL2015', at, 'which element is meant must be known when the graph is compiled', 'Go through an array of built: for (const index of built.maps) ...');
    return peer;
  }
}

class PeerEntity extends Entity {
  readonly title = 'the other element';

  private readonly state: Value;

  constructor({ index, state }: InstanceShape['peers'][number]) {
    super();
    this.state = entity(stateEntity(state, entryPrefix(index)));
  }

  override names(): readonly string[] {
    return ['state'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return name === 'state' ? this.state : undefined;
  }
}

// ---- ports ---------------------------------------------------------------------------------------------------

class OutputsEntity extends Entity {
  readonly title = 'outputs';

  constructor(private readonly shape: InstanceShape) {
    super();
  }

  override names(): readonly string[] {
    return this.shape.outputs;
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    if (name === 'length') return constant(this.shape.outputs.length);
    const index = this.shape.outputs.indexOf(name);
    return index < 0 ? undefined : { kind: 'verdict', to: { kind: 'output', index } };
  }

  override element(lowering: Lowering, index: Value, at: ts.ElementAccessExpression): Value {
    const position = lowering.integer(index, at, 'the number of an output');
    proveIndex(lowering, position, this.shape.outputs.length, at);
    const to: Destination =
      position.range.low === position.range.high
        ? { kind: 'output', index: position.range.low }
        : { kind: 'any-output', index: position };
    return { kind: 'verdict', to };
  }
}

class InputsEntity extends Entity {
  readonly title = 'inputs';

  constructor(private readonly shape: InstanceShape) {
    super();
  }

  override names(): readonly string[] {
    return this.shape.inputs;
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    if (name === 'length') return constant(this.shape.inputs.length);
    const index = this.shape.inputs.indexOf(name);
    return index < 0 ? undefined : entity(new InputEntity(number(index)));
  }

  override element(lowering: Lowering, index: Value, at: ts.ElementAccessExpression): Value {
    const position = lowering.integer(index, at, 'the number of an input');
    proveIndex(lowering, position, this.shape.inputs.length, at);
    return entity(new InputEntity(position));
  }
}

class InputEntity extends Entity {
  readonly title = 'an input';

  constructor(private readonly input: import('./ir.js').Expression) {
    super();
  }

  override names(): readonly string[] {
    return ['pull'];
  }

  override settled(lowering: Lowering, at: ts.Node): Entity {
    return new InputEntity(settledIndex(lowering, this.input, at));
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    if (name !== 'pull') return undefined;
    return method('pull', (lowering, _values, at) => {
      const packet = lowering.newPacket(false, 'maybe');
      lowering.add({ op: 'pull', packet, input: this.input }, at);
      return { kind: 'packet', packet };
    });
  }
}

// ---- counters and timers ---------------------------------------------------------------------------------------

class CountersEntity extends Entity {
  readonly title = 'counters';

  constructor(private readonly counters: readonly string[]) {
    super();
  }

  override names(): readonly string[] {
    return this.counters;
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return this.counters.includes(name) ? entity(new CounterEntity(name)) : undefined;
  }
}

class CounterEntity extends Entity {
  readonly title: string;

  constructor(private readonly name: string) {
    super();
    this.title = `counter "${name}"`;
  }

  override names(): readonly string[] {
    return ['add', 'low32'];
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    if (name === 'low32') {
      const { local, value } = lowering.result('counted', UINT32);
      lowering.add({ op: 'counted', local, counter: this.name }, at);
      return value;
    }
    if (name !== 'add') return undefined;
    return method('add', (lowering, [value], at) => {
      const amount = lowering.integer(value ?? VOID, at);
      if (amount.range.low < 0) lowering.refuse('WL2003', at, 'a counter only grows: the amount may be negative here');
      lowering.add({ op: 'count', counter: this.name, amount }, at);
      return VOID;
    });
  }
}

class TimersEntity extends Entity {
  readonly title = 'timers';

  constructor(private readonly timers: readonly string[]) {
    super();
  }

  override names(): readonly string[] {
    return this.timers;
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return this.timers.includes(name) ? entity(new TimerEntity(name)) : undefined;
  }
}

class TimerEntity extends Entity {
  readonly title: string;

  constructor(private readonly name: string) {
    super();
    this.title = `timer "${name}"`;
  }

  override names(): readonly string[] {
    return ['after', 'at', 'cancel', 'pending'];
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    const timer = this.name;
    if (name === 'pending') {
      const { local, value } = lowering.flagResult('pending');
      lowering.add({ op: 'timer-pending', local, timer }, at);
      return value;
    }
    if (name === 'cancel') {
      return method(name, (inner, _values, call) => {
        inner.add({ op: 'timer', timer, action: 'cancel' }, call);
        return VOID;
      });
    }
    if (name !== 'after' && name !== 'at') return undefined;
    return method(name, (inner, [value], call) => {
      const time = inner.integer(value ?? VOID, call);
      inner.fits(time, TIME_RANGE, `the time of timer "${timer}"`, call);
      inner.add({ op: 'timer', timer, action: name, time }, call);
      return VOID;
    });
  }
}
