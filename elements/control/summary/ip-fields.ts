/** Fields of the IPv4 header, and the ports of what it carries. */
import { formatIpv4, parseIpv4 } from 'wirelet';
import { numberOf, optionBytes, ORDER, type Field, type FieldInput, type Size, type Value } from './field.js';
import { ipOptionsText, readIpOptions } from './ip-options.js';
import type { PacketBuilder } from './packet-builder.js';
import { u16, u32 } from './summarized.js';

const order = ORDER.network;
const LETTERS: Readonly<Record<number, string>> = { 6: 'T', 17: 'U', 1: 'I' };
const PROTOCOLS: Readonly<Record<string, number>> = { T: 6, U: 17, I: 1 };
/** By the two bits (RFC 3168, 5): ect2 is ECT(0). */
const ECN = ['no', 'ect1', 'ect2', 'ce'];
const ECN_NAMES: Readonly<Record<string, number>> = { no: 0, ect1: 1, 'ECT(1)': 1, ect2: 2, 'ECT(0)': 2, ce: 3, CE: 3 };
const [MORE_FRAGMENTS, DO_NOT_FRAGMENT, OFFSET] = [0x2000, 0x4000, 0x1fff];
/** A fragment of which is only said that it is not the first has an offset, any. */
const SOME_OFFSET = 100;
const FRAGMENTS: Readonly<Record<string, number>> = { '.': 0, '!': DO_NOT_FRAGMENT!, F: MORE_FRAGMENTS!, f: SOME_OFFSET };

/** A field of which `least` bytes of the header are needed. */
function field(size: Size, least: number, read: (data: Uint8Array, at: number) => number, show: Field['show'], input: FieldInput): Field {
  return {
    size,
    extract(packet) {
      const at = packet.ipWith(least);
      return at === undefined ? undefined : read(packet.data, at);
    },
    ...(show && { show }),
    input,
  };
}

/** What is done with a packet that has an IP header. */
const onIp = (put: (packet: PacketBuilder, value: number) => void) => (packet: PacketBuilder, value: Value) => {
  if (packet.makeIp()) put(packet, value as number);
};

const address = (at: 12 | 16): Field =>
  field(4, at + 4, (data, ip) => u32(data, ip + at), (value) => formatIpv4(value as number), { order, parse: parseIpv4, inject: onIp((packet, value) => packet.store32(packet.ip + at, value)) });

const byte = (at: number, least: number): Field => field(1, least, (data, ip) => data[ip + at]!, undefined, { order, inject: onIp((packet, value) => packet.store8(packet.ip + at, value)) });

const word = (at: number, least: number, when: number): Field =>
  field(2, least, (data, ip) => u16(data, ip + at), undefined, { order: when, inject: onIp((packet, value) => packet.store16(packet.ip + at, value)) });

function parseFragment(text: string, packet: PacketBuilder): number | undefined {
  if (FRAGMENTS[text] !== undefined) return FRAGMENTS[text];
  const found = /^([^+!]*)([+!]*)$/.exec(text);
  if (found === null || text === '') return undefined;
  // Flags alone mean a first fragment.
  const offset = found[1] === '' ? 0 : numberOf(found[1]!, 0xffff_ffff);
  if (offset === undefined) return undefined;
  const flags = (found[2]!.includes('+') ? MORE_FRAGMENTS! : 0) | (found[2]!.includes('!') ? DO_NOT_FRAGMENT! : 0);
  return ((packet.minorVersion > 0 ? offset >>> 3 : offset) & 0xffff) | flags;
}

function fragmentLetter(value: number): string {
  if ((value & (MORE_FRAGMENTS! | OFFSET!)) !== 0) return (value & OFFSET!) === 0 ? 'F' : 'f';
  return (value & DO_NOT_FRAGMENT!) !== 0 ? '!' : '.';
}

const fragment = (when: number, size: Size, show: NonNullable<Field['show']>): Field =>
  field(size, 8, (data, at) => u16(data, at + 6), show, { order: when, parse: parseFragment, inject: onIp((packet, value) => packet.store16(packet.ip + 6, value)) });

const port = (at: 0 | 2): Field => ({
  size: 2,
  extract(packet) {
    const { data, ip } = packet;
    const carries = ip !== undefined && packet.networkLength > packet.headerLength && packet.isFirst && [6, 17, 33, 136].includes(data[ip + 9]!);
    const start = packet.transportWith(at + 2, 'TCP/UDP', carries ? packet.transportOffset : undefined);
    return start === undefined ? undefined : u16(data, start + at);
  },
  input: {
    order: ORDER.transport,
    inject(packet, value) {
      if (packet.makeIp() && packet.makeTransport() && packet.hasPorts) packet.store16(packet.transport + at, value as number);
    },
  },
});

const tos = (show: Field['show'], read: (value: number) => number, parse: FieldInput['parse'], join: (old: number, value: number) => number): Field =>
  field(1, 2, (data, at) => read(data[at + 1]!), show, { order, ...(parse && { parse }), inject: onIp((packet, value) => packet.store8(packet.ip + 1, join(packet.data[packet.ip + 1]!, value))) });

export const IP_FIELDS: Readonly<Record<string, Field>> = {
  ip_src: address(12),
  ip_dst: address(16),
  ip_tos: byte(1, 2),
  ip_dscp: tos(undefined, (value) => value >>> 2, undefined, (old, value) => (old & 3) | ((value << 2) & 0xfc)),
  ip_ecn: tos((value) => ECN[value as number]!, (value) => value & 3, (text) => ECN_NAMES[text] ?? (/^[0-3]$/.test(text) ? Number(text) : undefined), (old, value) => (old & 0xfc) | value),
  ip_ttl: byte(8, 9),
  ip_frag: {
    ...fragment(order - 2, 1, (value) => fragmentLetter(value as number)),
    toBytes: (value) => Uint8Array.of(value === undefined ? 0 : fragmentLetter(value as number).charCodeAt(0)),
    fromBytes: (bytes) => FRAGMENTS[String.fromCharCode(bytes[0]!)] ?? 0,
  },
  ip_fragoff: fragment(order - 1, 2, (value) => {
    const bits = value as number;
    return `${(bits & OFFSET!) * 8}${(bits & MORE_FRAGMENTS!) !== 0 ? '+' : ''}${(bits & DO_NOT_FRAGMENT!) !== 0 ? '!' : ''}`;
  }),
  ip_id: word(4, 6, order),
  ip_sum: word(10, 12, order + 2),
  ip_proto: field(1, 10, (data, at) => data[at + 9]!, (value) => LETTERS[value as number] ?? String(value), {
    order,
    parse: (text) => PROTOCOLS[text] ?? numberOf(text, 255),
    inject: onIp((packet, value) => packet.store8(packet.ip + 9, value)),
  }),
  ip_hl: field(1, 1, (data, at) => (data[at]! & 15) * 4, undefined, {
    order: order - 1,
    inject: onIp((packet, value) => {
      packet.hasIpHeaderLength = true;
      packet.ipHeader(Math.min(60, (value + 3) & ~3));
    }),
  }),
  ip_len: {
    size: 4,
    extract: (packet) => (packet.ip === undefined ? packet.length : u16(packet.data, packet.ip + 2)) + (packet.countsExtra ? packet.extra : 0),
    input: { order: order + 1, inject: onIp((packet, value) => void (packet.wanted = packet.ip + value)) },
  },
  ip_capture_len: {
    size: 4,
    extract: (packet) => (packet.ip === undefined ? packet.length : Math.min(u16(packet.data, packet.ip + 2), packet.networkLength)),
    input: { order: ORDER.payload + 2, inject: () => undefined },
  },
  ip_opt: {
    size: 'options',
    extract(packet) {
      const at = packet.ipWith(0);
      if (at !== undefined && packet.headerLength === 20) return new Uint8Array();
      return at === undefined || packet.ipWith(packet.headerLength) === undefined ? undefined : packet.data.subarray(at + 20, at + packet.headerLength);
    },
    show: (value) => ipOptionsText(value as Uint8Array),
    toBytes: optionBytes,
    input: {
      order,
      parse: readIpOptions,
      inject(packet, value) {
        if (!packet.makeIp()) return;
        packet.hasIpHeaderLength = true;
        const options = value as Uint8Array;
        packet.ipHeader((20 + options.length + 3) & ~3);
        packet.store(packet.ip + 20, options);
      },
    },
  },
  sport: port(0),
  dport: port(2),
};
