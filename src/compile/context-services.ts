/** Members of the context that are the same for every element: time, chance, packets, text. */
import type ts from 'typescript';
import { TIME_RANGE } from '../kit/element.js';
import { INTERFACES_MAX, JUMBO_DATA_BYTES } from '../kit/limits.js';
import { compare, type Lowering } from './lowering.js';
import { lengthOf } from './packet-members.js';
import { range, UINT32 } from './range.js';
import { Entity, method, number, VOID, type Value } from './value.js';

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

export const CLOCK = new Fixed('clock', {
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

export const RANDOM = new Fixed('random', {
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

export const COPIES = new Fixed('copies', {
  ours: () =>
    method('copies.ours', (lowering, values, at) => {
      const [a, b] = [0, 1].map((index) => {
        const port = lowering.integer(values[index] ?? VOID, at);
        lowering.fits(port, range(0, 0xffff), 'a port', at);
        return port;
      });
      const { local, value } = lowering.flagResult('ours');
      lowering.add({ op: 'ours', local, a: a!, b: b! }, at);
      return value;
    }),
});

export const LINKS = new Fixed('links', {
  isUp: () =>
    method('links.isUp', (lowering, [value], at) => {
      const index = lowering.integer(value ?? VOID, at);
      lowering.fits(index, range(0, INTERFACES_MAX - 1), 'the number of an interface', at);
      const { local, value: up } = lowering.flagResult('link_up');
      lowering.add({ op: 'link-up', local, interface: index }, at);
      return up;
    }),
});

export const QUEUES = new Fixed('queues', {
  length(lowering, at) {
    const { local, value } = lowering.result('waiting', UINT32);
    lowering.add({ op: 'near-queues', what: 'length', local }, at);
    return value;
  },
  room(lowering, at) {
    const { local, value } = lowering.result('room', UINT32);
    lowering.add({ op: 'near-queues', what: 'room', local }, at);
    return value;
  },
});

export const PACKETS = new Fixed('packets', {
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

export const LOG = new Fixed('log', {
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
