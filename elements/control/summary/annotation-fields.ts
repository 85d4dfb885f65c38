/** Fields that are noted about a packet: times, counts, paint, aggregate. */
import { numberOf, ORDER, type Field, type Stamp, type Value } from './field.js';

const order = ORDER.annotation;

/** Six digits behind the point, nine where those are not enough. */
export function stampText({ seconds, nanoseconds }: Stamp): string {
  return nanoseconds % 1000 === 0 ? `${seconds}.${String(nanoseconds / 1000).padStart(6, '0')}` : `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

export function readStamp(text: string): Stamp | undefined {
  const found = /^(\d*)(?:\.(\d*))?$/.exec(text);
  if (found === null || text === '' || text === '.' || Number(found[1]) > 0xffff_ffff) return undefined;
  return { seconds: Number(found[1]), nanoseconds: Number((found[2] ?? '').slice(0, 9).padEnd(9, '0')) };
}

const NO_TIME: Stamp = { seconds: 0, nanoseconds: 0 };

/** `unit`: nanoseconds in one of what follows the seconds in a binary record; 1: there the nanoseconds come first. */
function stamp(unit: 1 | 1000, which: 'packet' | 'first'): Field {
  return {
    size: 8,
    extract: ({ packet }) => (which === 'packet' ? { seconds: packet.timestampSeconds, nanoseconds: packet.timestampNanoseconds } : { seconds: packet.annotationU32(32), nanoseconds: packet.annotationU32(36) }),
    show: (value) => stampText(value as Stamp),
    toBytes(value) {
      const { seconds, nanoseconds } = (value as Stamp | undefined) ?? NO_TIME;
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(seconds, unit === 1 ? 4 : 0);
      bytes.writeUInt32BE(Math.trunc(nanoseconds / unit), unit === 1 ? 0 : 4);
      return bytes;
    },
    fromBytes(data) {
      const bytes = Buffer.from(data);
      const [a, b] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
      return unit === 1 ? { seconds: b, nanoseconds: a } : { seconds: a, nanoseconds: b * unit };
    },
    input: {
      order,
      parse: readStamp,
      inject(packet, value) {
        if (which === 'first') packet.first = value as Stamp;
        else ({ seconds: packet.seconds, nanoseconds: packet.nanoseconds } = value as Stamp);
      },
    },
  };
}

function paint(arrows: boolean): Field {
  return {
    size: 1,
    extract: ({ packet }) => packet.paint,
    ...(arrows && { show: (value: Value) => (value === 0 ? '>' : value === 1 ? '<' : String(value)) }),
    input: {
      order,
      parse: (text) => (text === '>' ? 0 : text === '<' ? 1 : numberOf(text, 0xffff_ffff)),
      inject: (packet, value) => void (packet.paint = (value as number) & 255),
    },
  };
}

export const ANNOTATION_FIELDS: Readonly<Record<string, Field>> = {
  timestamp: stamp(1000, 'packet'),
  ntimestamp: stamp(1, 'packet'),
  ts_sec: { size: 4, extract: ({ packet }) => packet.timestampSeconds, input: { order, inject: (packet, value) => void (packet.seconds = value as number) } },
  ts_usec: {
    size: 4,
    extract: ({ packet }) => Math.trunc(packet.timestampNanoseconds / 1000),
    input: { order, parse: (text) => numberOf(text, 999_999), inject: (packet, value) => void (packet.nanoseconds = (value as number) * 1000) },
  },
  ts_usec1: {
    size: 8,
    extract: ({ packet }) => packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000),
    input: {
      order,
      inject(packet, value) {
        packet.seconds = Math.trunc((value as number) / 1e6) >>> 0;
        packet.nanoseconds = ((value as number) % 1e6) * 1000;
      },
    },
  },
  first_timestamp: stamp(1000, 'first'),
  first_ntimestamp: stamp(1, 'first'),
  count: {
    size: 4,
    extract: ({ packet }) => 1 + packet.annotationU32(24),
    input: { order, inject: (packet, value) => void (packet.extraPackets = Math.max(0, (value as number) - 1)) },
  },
  link: paint(false),
  paint: paint(false),
  direction: paint(true),
  aggregate: { size: 4, extract: ({ packet }) => packet.annotationU32(20), input: { order, inject: (packet, value) => void (packet.aggregate = value as number) } },
  /** There is one. */
  thread: { size: 4, extract: () => 0 },
  wire_len: { size: 4, extract: ({ packet }) => packet.length, input: { order, inject: (packet, value) => void (packet.wanted = value as number) } },
};
