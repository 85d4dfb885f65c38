/** The element's context on the packet path: `config`, `state`, `outputs`, `emit` and the rest. */
import type ts from 'typescript';
import { TIME_RANGE } from '../kit/element.js';
import { JUMBO_DATA_BYTES } from '../kit/limits.js';
import type { StateEntry } from '../kit/state.js';
import { proveIndex } from './expressions.js';
import type { Destination } from './ir.js';
import { entryPrefix } from './foreign-entry.js';
import { compare, type Lowering } from './lowering.js';
import { lengthOf } from './packet-members.js';
import { range, UINT32 } from './range.js';
import { makeStateEntity, StateEntity } from './state-access.js';
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

/** The context object of a method that runs for port `port`. */
export class ContextEntity extends Entity {
  readonly title = 'the context';
  private readonly members: Readonly<Record<string, () => Value>>;

  constructor(shape: InstanceShape, port: number) {
    super();
    const outputs = entity(new OutputsEntity(shape));
    const state = stateEntity(shape.state);
    this.members = {
      config: () => constant(shape.config),
      built: () => constant(shape.built),
      state: () => entity(state),
      counters: () => entity(new CountersEntity(shape.counters)),
      inputs: () => entity(new InputsEntity(shape)),
      outputs: () => outputs,
      port: () => constant(port),
      timers: () => entity(new TimersEntity(shape.timers)),
      clock: () => entity(CLOCK),
      random: () => entity(RANDOM),
      packets: () => entity(PACKETS),
      log: () => entity(LOG),
      queues: () => entity(QUEUES),
      peers: () => entity(new PeersEntity(shape)),
      emit: () => method('emit', (lowering, values, at) => emit(lowering, values, at, 'emit')),
      emitCopy: () => method('emitCopy', (lowering, values, at) => emit(lowering, values, at, 'emit-copy')),
    };
  }

  override names(): readonly string[] {
    return Object.keys(this.members);
  }

  override member(lowering: Lowering, name: string): Value | undefined {
    if (name === 'port') lowering.usesPort = true;
    return this.members[name]?.();
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

  constructor(private readonly shape: InstanceShape) {
    super();
  }

  override names(): readonly string[] {
    return ['length'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return name === 'length' ? constant(this.shape.peers.length) : undefined;
  }

  override element(lowering: Lowering, index: Value, at: ts.ElementAccessExpression): Value {
    const position = lowering.constantOf(index)?.value;
    const peer = typeof position === 'number' ? this.shape.peers[position] : undefined;
    if (peer === undefined) return lowering.refuse('WL2015', at, 'which element is meant must be known when the graph is compiled', 'Go through an array of built: for (const index of built.maps) ...');
    return entity(new PeerEntity(peer));
  }
}

class PeerEntity extends Entity {
  readonly title = 'the other element';

  constructor(private readonly peer: InstanceShape['peers'][number]) {
    super();
  }

  override names(): readonly string[] {
    return ['state'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
    return name === 'state' ? entity(stateEntity(this.peer.state, entryPrefix(this.peer.index))) : undefined;
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
    return ['add'];
  }

  override member(_lowering: Lowering, name: string): Value | undefined {
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

// ---- time, chance, packets, text -------------------------------------------------------------------------------

/** An entity whose members are made by functions. */
class Fixed extends Entity {
  constructor(
    readonly title: string,
    private readonly members: Readonly<Record<string, (lowering: Lowering, at: ts.Node) => Value>>,
  ) {
    super();
  }

  override names(): readonly string[] {
    return Object.keys(this.members);
  }

  override member(lowering: Lowering, name: string, at: ts.Node): Value | undefined {
    return this.members[name]?.(lowering, at);
  }
}

const CLOCK = new Fixed('clock', {
  microseconds(lowering, at) {
    const { local, value } = lowering.result('now_us', TIME_RANGE);
    lowering.add({ op: 'clock', local, unit: 'microseconds' }, at);
    return value;
  },
  seconds(lowering, at) {
    const { local, value } = lowering.result('now_s', range(0, Math.trunc(TIME_RANGE.high / 1e6)));
    lowering.add({ op: 'clock', local, unit: 'seconds' }, at);
    return value;
  },
});

const RANDOM = new Fixed('random', {
  u32: () =>
    method('random.u32', (lowering, _values, at) => {
      const { local, value } = lowering.result('random', UINT32);
      lowering.add({ op: 'random', local }, at);
      return value;
    }),
  below: () =>
    method('random.below', (lowering, [bound], at) => {
      const below = lowering.integer(bound ?? VOID, at);
      if (below.range.low < 1 || below.range.high > UINT32.high) {
        lowering.refuse('WL2012', at, `the bound may be ${below.range.low}..${below.range.high}, outside 1..2^32-1`);
      }
      const { local, value } = lowering.result('random', range(0, below.range.high - 1));
      lowering.add({ op: 'random', local, below }, at);
      return value;
    }),
});

const QUEUES = new Fixed('queues', {
  length(lowering, at) {
    const { local, value } = lowering.result('waiting', UINT32);
    lowering.add({ op: 'near-queues', local }, at);
    return value;
  },
});

const PACKETS = new Fixed('packets', {
  ofLength: () =>
    method('packets.ofLength', (lowering, [value], at) => {
      const length = lowering.integer(value ?? VOID, at);
      lowering.fits(length, range(0, PACKET_LENGTH_MAX), 'the length of a packet', at);
      const packet = lowering.newPacket(false, 'maybe');
      lowering.add({ op: 'make', packet, length }, at);
      return { kind: 'packet', packet };
    }),
  copyOf: () =>
    method('packets.copyOf', (lowering, [value], at) => {
      const bytes = lowering.constantOf(value ?? VOID)?.value;
      if (!(bytes instanceof Uint8Array)) {
        return lowering.refuse('WL2015', at, 'packets.copyOf needs constant bytes (a Uint8Array from config or built)');
      }
      lowering.fits(number(bytes.length), range(0, PACKET_LENGTH_MAX), 'the length of a packet', at);
      const packet = lowering.newPacket(false, 'maybe');
      lowering.add({ op: 'copy-of', packet, bytes }, at);
      return { kind: 'packet', packet };
    }),
});

/** Longest packet that an element may make. */
const PACKET_LENGTH_MAX = JUMBO_DATA_BYTES;

const LOG = new Fixed('log', {
  text: () =>
    method('log.text', (lowering, [value], at) => {
      const text = lowering.constantOf(value ?? VOID)?.value;
      if (typeof text !== 'string') return lowering.refuse('WL2015', at, 'log.text needs constant text');
      lowering.add({ op: 'log', piece: { kind: 'text', text } }, at);
      return VOID;
    }),
  decimal: () =>
    method('log.decimal', (lowering, [value, width], at) => {
      const digits = width === undefined ? 0 : lowering.constantOf(width)?.value;
      if (typeof digits !== 'number') return lowering.refuse('WL2015', at, 'the width must be a constant');
      lowering.add({ op: 'log', piece: { kind: 'decimal', value: lowering.integer(value ?? VOID, at), width: digits } }, at);
      return VOID;
    }),
  hexadecimal: () => hexadecimal('hexadecimal'),
  lowerHexadecimal: () => hexadecimal('lower-hexadecimal'),
  hex: () => logBytes('hex'),
  ascii: () => logBytes('ascii'),
  end: () =>
    method('log.end', (lowering, _values, at) => {
      lowering.add({ op: 'log', piece: { kind: 'end' } }, at);
      return VOID;
    }),
});

function hexadecimal(kind: 'hexadecimal' | 'lower-hexadecimal'): Value {
  return method(`log.${kind === 'hexadecimal' ? kind : 'lowerHexadecimal'}`, (lowering, [value, digits], at) => {
    const width = digits === undefined ? undefined : lowering.constantOf(digits)?.value;
    if (typeof width !== 'number' || width < 1 || width > 16) return lowering.refuse('WL2015', at, 'the number of digits must be a constant from 1 to 16');
    const number = lowering.integer(value ?? VOID, at);
    lowering.fits(number, range(0, Number.MAX_SAFE_INTEGER), 'the number', at);
    lowering.add({ op: 'log', piece: { kind, value: number, width } }, at);
    return VOID;
  });
}

function logBytes(kind: 'hex' | 'ascii'): Value {
  return method(`log.${kind}`, (lowering, [packetValue, offsetValue, countValue], at) => {
    const packet = lowering.packet(packetValue ?? VOID, at);
    const offset = lowering.integer(offsetValue ?? VOID, at);
    const count = lowering.integer(countValue ?? VOID, at);
    lowering.fits(offset, range(0, 0xffff), 'the offset', at);
    lowering.fits(count, range(0, 0xffff), 'the count', at);
    const sum = { op: 'arithmetic', operator: '+', a: offset, b: count, range: range(0, 0x1_fffe) } as const;
    lowering.trapIf(compare('<', lengthOf(packet), sum), 'short_packet', at);
    lowering.add({ op: 'log', piece: { kind, packet, offset, count } }, at);
    return VOID;
  });
}
