/** Properties and methods of a packet: the twin of src/kit/packet.ts in the compiler. */
import type ts from 'typescript';
import { ANNOTATIONS } from '../kit/packet.js';
import { ANNOTATION_BYTES, HEADROOM_BYTES, JUMBO_DATA_BYTES, VIRTIO_NET_HEADER_BYTES } from '../kit/limits.js';
import { suggestion } from '../suggest.js';
import { requireMark } from './headers.js';
import type { Expression, Mark, PacketLocal } from './ir.js';
import { compare, DISTANCE, type Lowering } from './lowering.js';
import { range, UINT32, type Range } from './range.js';
import { number, VOID, type Value } from './value.js';

/** Bytes of data a packet can have. */
const LENGTH: Range = range(0, HEADROOM_BYTES - VIRTIO_NET_HEADER_BYTES + JUMBO_DATA_BYTES);

type Read = (lowering: Lowering, packet: PacketLocal, at: ts.Node) => Value;
type Write = (lowering: Lowering, packet: PacketLocal, value: Expression, at: ts.Node) => void;

const READ: Readonly<Record<string, Read>> = {
  length: (lowering, packet, at) => {
    const { local, value } = lowering.result('length', LENGTH);
    lowering.add({ op: 'set', local, value: lengthOf(packet) }, at);
    return value;
  },
  headroom: (lowering, packet, at) => {
    const { local, value } = lowering.result('headroom', LENGTH);
    const bytes: Expression = { op: 'distance', from: { packet, part: 'room' }, to: { packet, part: 'data' }, range: LENGTH };
    lowering.add({ op: 'set', local, value: { op: 'arithmetic', operator: '-', a: bytes, b: number(VIRTIO_NET_HEADER_BYTES), range: LENGTH } }, at);
    return value;
  },
  tailroom: (lowering, packet, at) => {
    const { local, value } = lowering.result('tailroom', LENGTH);
    lowering.add({ op: 'set', local, value: { op: 'distance', from: { packet, part: 'end' }, to: { packet, part: 'limit' }, range: LENGTH } }, at);
    return value;
  },
  hasMacHeader: (_lowering, packet) => marked(packet, 'mac'),
  hasNetworkHeader: (_lowering, packet) => marked(packet, 'network'),
  hasTransportHeader: (_lowering, packet) => marked(packet, 'transport'),
  macHeaderOffset: (lowering, packet, at) => distance(lowering, packet, 'mac', 'data', at),
  networkHeaderOffset: (lowering, packet, at) => distance(lowering, packet, 'network', 'data', at),
  transportHeaderOffset: (lowering, packet, at) => distance(lowering, packet, 'transport', 'data', at),
  networkLength: (lowering, packet, at) => distance(lowering, packet, 'network', 'end', at),
  transportLength: (lowering, packet, at) => distance(lowering, packet, 'transport', 'end', at),
  paint: (lowering, packet, at) => annotationLoad(lowering, packet, number(ANNOTATIONS.paint.offset), 1, at),
  destinationAddress: (lowering, packet, at) =>
    annotationLoad(lowering, packet, number(ANNOTATIONS.destination_address.offset), 4, at),
  timestampSeconds: (lowering, packet, at) => timestampLoad(lowering, packet, 'seconds', at),
  timestampNanoseconds: (lowering, packet, at) => timestampLoad(lowering, packet, 'nanoseconds', at),
};

const WRITE: Readonly<Record<string, Write>> = {
  paint: (lowering, packet, value, at) => annotationStore(lowering, packet, number(ANNOTATIONS.paint.offset), 1, value, at),
  destinationAddress: (lowering, packet, value, at) =>
    annotationStore(lowering, packet, number(ANNOTATIONS.destination_address.offset), 4, value, at),
  timestampSeconds: (lowering, packet, value, at) => timestampStore(lowering, packet, 'seconds', value, at),
  timestampNanoseconds: (lowering, packet, value, at) => timestampStore(lowering, packet, 'nanoseconds', value, at),
};

type Call = (lowering: Lowering, packet: PacketLocal, values: readonly Expression[], at: ts.CallExpression) => Value;

const CALLS: Readonly<Record<string, Call>> = {
  loadU8: load(1),
  loadU16: load(2),
  loadU32: load(4),
  loadU48: load(6),
  storeU8: store(1),
  storeU16: store(2),
  storeU32: store(4),
  storeU48: store(6),
  strip(lowering, packet, [count], at) {
    nonNegative(lowering, count!, at);
    lowering.trapIf(compare('<', lengthOf(packet), count!), 'short_packet', at);
    lowering.add({ op: 'move', packet, by: count! }, at);
    return VOID;
  },
  unstrip(lowering, packet, [count], at) {
    nonNegative(lowering, count!, at);
    lowering.add({ op: 'unstrip', packet, count: count!, held: lowering.flow.held() }, at);
    return VOID;
  },
  prepend(lowering, packet, [count], at) {
    nonNegative(lowering, count!, at);
    lowering.add({ op: 'prepend', packet, count: count!, held: lowering.flow.held() }, at);
    return VOID;
  },
  append(lowering, packet, [count], at) {
    nonNegative(lowering, count!, at);
    lowering.add({ op: 'append', packet, count: count!, held: lowering.flow.held() }, at);
    return VOID;
  },
  truncate(lowering, packet, [length], at) {
    nonNegative(lowering, length!, at);
    const shorten = lowering.collect(() => lowering.add({ op: 'cut', packet, length: length! }, at));
    const condition = compare('<', length!, lengthOf(packet));
    lowering.add({ op: 'if', condition, then: shorten, otherwise: [] }, at);
    return VOID;
  },
  markMacHeader: mark('mac'),
  markNetworkHeader: mark('network'),
  markTransportHeader: mark('transport'),
  annotationU8: (lowering, packet, [offset], at) => {
    inAnnotations(lowering, offset!, 1, at);
    return annotationLoad(lowering, packet, offset!, 1, at);
  },
  annotationU32: (lowering, packet, [offset], at) => {
    inAnnotations(lowering, offset!, 4, at);
    return annotationLoad(lowering, packet, offset!, 4, at);
  },
  setAnnotationU8(lowering, packet, [offset, value], at) {
    inAnnotations(lowering, offset!, 1, at);
    annotationStore(lowering, packet, offset!, 1, value!, at);
    return VOID;
  },
  setAnnotationU32(lowering, packet, [offset, value], at) {
    inAnnotations(lowering, offset!, 4, at);
    annotationStore(lowering, packet, offset!, 4, value!, at);
    return VOID;
  },
};

const ARGUMENTS: Readonly<Record<string, number>> = {
  storeU8: 2, storeU16: 2, storeU32: 2, storeU48: 2, setAnnotationU8: 2, setAnnotationU32: 2,
};

/** `packet.name`. */
export function packetMember(lowering: Lowering, packet: PacketLocal, name: string, at: ts.Node): Value {
  const read = READ[name];
  if (read === undefined) return unknownMember(lowering, name, at);
  lowering.owned(packet, at);
  return read(lowering, packet, at);
}

/** `packet.name = value`. */
export function assignPacketMember(lowering: Lowering, packet: PacketLocal, name: string, value: Value, at: ts.Node): void {
  const write = WRITE[name];
  if (write === undefined) return unknownMember(lowering, name, at);
  lowering.owned(packet, at);
  write(lowering, packet, lowering.integer(value, at), at);
}

/** `packet.name(...)`. */
export function packetCall(lowering: Lowering, packet: PacketLocal, name: string, values: readonly Value[], at: ts.CallExpression): Value {
  const run = CALLS[name];
  if (run === undefined) return unknownMember(lowering, name, at);
  lowering.owned(packet, at);
  const wanted = ARGUMENTS[name] ?? 1;
  if (values.length !== wanted) {
    return lowering.refuse('WL2014', at, `packet.${name} takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${values.length}`);
  }
  return run(lowering, packet, values.map((value) => lowering.integer(value, at)), at);
}

function unknownMember(lowering: Lowering, name: string, at: ts.Node): never {
  const names = [...Object.keys(READ), ...Object.keys(CALLS)];
  return lowering.refuse('WL2002', at, `a packet has no member "${name}" on the packet path`, suggestion(name, names));
}

/** Bytes of data, as an expression that holds until the packet changes. */
export function lengthOf(packet: PacketLocal): Expression {
  return { op: 'distance', from: { packet, part: 'data' }, to: { packet, part: 'end' }, range: LENGTH };
}

function marked(packet: PacketLocal, which: Mark): Value {
  return { kind: 'boolean', condition: { op: 'marked', packet, mark: which } };
}

function distance(lowering: Lowering, packet: PacketLocal, header: Mark, to: 'data' | 'end', at: ts.Node): Value {
  requireMark(lowering, { packet, part: header }, at);
  const head = { packet, part: header };
  const other = { packet, part: to };
  const { local, value } = lowering.result('distance', DISTANCE);
  const ends = to === 'end' ? { from: head, to: other } : { from: other, to: head };
  lowering.add({ op: 'set', local, value: { op: 'distance', ...ends, range: DISTANCE } }, at);
  return value;
}

function load(size: 1 | 2 | 4 | 6): Call {
  return (lowering, packet, [offset], at) => {
    nonNegative(lowering, offset!, at);
    const pointer = { packet, part: 'data' } as const;
    lowering.inside(pointer, packet, offset!, size, at);
    const { local, value } = lowering.result('loaded', range(0, 2 ** (8 * size) - 1));
    lowering.add({ op: 'load', local, pointer, offset: offset!, size, shift: 0, width: size * 8 }, at);
    return value;
  };
}

function store(size: 1 | 2 | 4 | 6): Call {
  return (lowering, packet, [offset, value], at) => {
    nonNegative(lowering, offset!, at);
    lowering.fits(value!, range(0, 2 ** (8 * size) - 1), `storeU${size * 8}`, at);
    const pointer = { packet, part: 'data' } as const;
    lowering.inside(pointer, packet, offset!, size, at);
    lowering.add({ op: 'store', pointer, offset: offset!, size, shift: 0, width: size * 8, value: value! }, at);
    return VOID;
  };
}

function mark(which: Mark): Call {
  return (lowering, packet, [offset], at) => {
    // A mark lies inside the buffer, so that no later arithmetic on it can leave it.
    if (offset!.range.low < 0) {
      lowering.refuse('WL2007', at, 'a header may be marked inside the data only, not before it');
    }
    lowering.trapIf(compare('<', lengthOf(packet), offset!), 'short_packet', at);
    lowering.add({ op: 'mark', packet, mark: which, offset: offset! }, at);
    return VOID;
  };
}

function nonNegative(lowering: Lowering, value: Expression, at: ts.Node): void {
  if (value.range.low >= 0) return;
  lowering.refuse('WL2007', at, `the argument may be negative (${value.range.low}..${value.range.high})`, 'Check it first: if (value >= 0) ...');
}

function inAnnotations(lowering: Lowering, offset: Expression, size: number, at: ts.Node): void {
  if (offset.range.low >= 0 && offset.range.high + size <= ANNOTATION_BYTES) return;
  lowering.refuse('WL2007', at, `the annotation offset may be ${offset.range.low}..${offset.range.high}, outside 0..${ANNOTATION_BYTES - size}`);
}

function annotationLoad(lowering: Lowering, packet: PacketLocal, offset: Expression, size: 1 | 4, at: ts.Node): Value {
  const { local, value } = lowering.result('annotation', range(0, 2 ** (8 * size) - 1));
  lowering.add({ op: 'annotation-load', local, packet, offset, size }, at);
  return value;
}

function annotationStore(lowering: Lowering, packet: PacketLocal, offset: Expression, size: 1 | 4, value: Expression, at: ts.Node): void {
  lowering.fits(value, range(0, 2 ** (8 * size) - 1), 'the annotation', at);
  lowering.add({ op: 'annotation-store', packet, offset, size, value }, at);
}

function timestampLoad(lowering: Lowering, packet: PacketLocal, part: 'seconds' | 'nanoseconds', at: ts.Node): Value {
  const { local, value } = lowering.result('timestamp', UINT32);
  lowering.add({ op: 'timestamp-load', local, packet, part }, at);
  return value;
}

function timestampStore(lowering: Lowering, packet: PacketLocal, part: 'seconds' | 'nanoseconds', value: Expression, at: ts.Node): void {
  lowering.fits(value, UINT32, 'the time stamp', at);
  lowering.add({ op: 'timestamp-store', packet, part, value }, at);
}
