/** Fields of the headers of TCP, UDP and ICMP. */
import { ICMP_CODES, ICMP_TYPES, icmpCodeName, icmpTypeName } from 'wirelet';
import { numberOf, optionBytes, ORDER, type Field, type FieldInput, type Size, type Value } from './field.js';
import type { PacketBuilder } from './packet-builder.js';
import { u16, u32, type Summarized, type Transport } from './summarized.js';
import { chosenOptions, readTcpOptions, tcpOptionsText, type Which } from './tcp-options.js';

const order = ORDER.transport;
const [TCP, UDP, ICMP, UDP_LITE] = [6, 17, 1, 136];
/** Of the low bits of the TCP flags' twelve, the last first (RFC 9293, 3.1; RFC 3168; N is RFC 3540's). */
const TCP_FLAGS = 'FSRPAUECN';
/** Letters of older dumps besides. */
const OLD_FLAGS: Readonly<Record<string, number>> = { W: 7, X: 6, Y: 7 };
/** ICMP messages with an identifier and a sequence number: echo, time stamp, information, and their replies. */
const SEQUENCED = new Set([0, 8, 13, 14, 15, 16]);
const [UNREACHABLE, NEEDS_FRAGMENTS] = [3, 4];

type Offset = 'tcp' | 'udp' | 'icmp';
const KINDS: Readonly<Record<Offset, Transport>> = { tcp: 'TCP', udp: 'UDP', icmp: 'ICMP' };

function field(which: Offset, size: Size, least: number, read: (data: Uint8Array, at: number, packet: Summarized) => Value | undefined, input: FieldInput, show?: Field['show']): Field {
  return {
    size,
    extract(packet) {
      const at = packet.transportWith(least, KINDS[which], packet[which]);
      return at === undefined ? undefined : read(packet.data, at, packet);
    },
    ...(show && { show }),
    input,
  };
}

const onTcp = (put: (packet: PacketBuilder, value: Value) => void) => (packet: PacketBuilder, value: Value) => {
  if (packet.makeIp(TCP) && packet.makeTransport()) put(packet, value);
};

const tcpWord = (at: number, size: 2 | 4): Field =>
  field('tcp', size, at + size, (data, start) => (size === 2 ? u16(data, start + at) : u32(data, start + at)), {
    order,
    inject: onTcp((packet, value) => (size === 2 ? packet.store16(packet.transport + at, value as number) : packet.store32(packet.transport + at, value as number))),
  });

export function parseFlags(text: string): number | undefined {
  if (text === '.') return 0;
  if (/^\d/.test(text)) return numberOf(text, 0xfff);
  let flags = 0;
  for (const letter of text) {
    const bit = OLD_FLAGS[letter] ?? TCP_FLAGS.indexOf(letter);
    if (bit < 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}

export function flagsText(value: number): string {
  // As everybody writes the commonest.
  if (value === 0x18) return 'PA';
  return value === 0 ? '.' : [...TCP_FLAGS].filter((_, bit) => (value & (1 << bit)) !== 0).join('');
}

function options(which: Which, when: number): Field {
  return {
    size: 'options',
    extract(packet) {
      const at = packet.transportWith(13, 'TCP', packet.tcp);
      if (at === undefined) return undefined;
      const header = (packet.data[at + 12]! >>> 4) * 4;
      // Where only other options are asked for, a header with the time stamp alone has none.
      if (which !== 'all' && header === 32 && packet.transportLength >= 24 && u32(packet.data, at + 20) === 0x0101_080a) return new Uint8Array();
      return packet.transportWith(header, 'TCP', at) === undefined ? undefined : packet.data.subarray(at + 20, at + header);
    },
    show: (value) => tcpOptionsText(value as Uint8Array, which),
    toBytes: (value) => optionBytes(value === undefined || which === 'all' ? value : chosenOptions(value as Uint8Array, which)),
    input: {
      order: order + when,
      parse: (text) => readTcpOptions(text, which),
      inject: onTcp((packet, value) => {
        packet.hasTcpHeaderLength = true;
        const bytes = value as Uint8Array;
        if (bytes.length === 0) return;
        packet.tcpHeader((20 + bytes.length + 3) & ~3);
        packet.store(packet.transport + 20, bytes);
      }),
    },
  };
}

/** What is put into an ICMP message of `least` bytes, unless its type and code have no such thing. */
const onIcmp = (least: number, may: (type: number | undefined, code: number | undefined) => boolean, put: (packet: PacketBuilder, value: number) => void) => (packet: PacketBuilder, value: Value) => {
  if (!packet.makeIp(ICMP) || !packet.makeTransport()) return;
  packet.needTransport(8);
  const at = packet.transport;
  if (!may(packet.hasIcmpType ? packet.data[at] : undefined, packet.hasIcmpCode ? packet.data[at + 1] : undefined)) return;
  packet.needTransport(least);
  put(packet, value as number);
};

const sequenced = (type: number | undefined) => type === undefined || SEQUENCED.has(type);

const icmpWord = (at: number, has: (data: Uint8Array, at: number) => boolean, may: Parameters<typeof onIcmp>[1]): Field =>
  field('icmp', 2, at + 2, (data, start) => (has(data, start) ? u16(data, start + at) : undefined), { order: order + 2, inject: onIcmp(8, may, (packet, value) => packet.store16(packet.transport + at, value)) });

const icmpType = (named: boolean): Field =>
  field('icmp', 1, 1, (data, at) => data[at], {
    order,
    parse: (text) => ICMP_TYPES.get(text) ?? numberOf(text, 255),
    inject: onIcmp(8, () => true, (packet, value) => {
      packet.store8(packet.transport, value);
      packet.hasIcmpType = true;
      // Time stamps have three words (RFC 792).
      if (value === 13 || value === 14) packet.needTransport(20);
    }),
  }, named ? (value) => icmpTypeName(value as number) ?? String(value) : undefined);

const icmpCode = (named: boolean): Field =>
  field('icmp', 1, 2, (data, at) => data[at + 1], {
    order: order + 1,
    parse: (text, packet) => (packet.hasIcmpType ? ICMP_CODES[packet.data[packet.transport]!]?.[text] : undefined) ?? numberOf(text, 255),
    inject: onIcmp(8, () => true, (packet, value) => {
      packet.store8(packet.transport + 1, value);
      packet.hasIcmpCode = true;
    }),
  }, named ? (value, packet) => icmpCodeName(packet.data[packet.icmp!]!, value as number) ?? String(value) : undefined);

export const TRANSPORT_FIELDS: Readonly<Record<string, Field>> = {
  tcp_seq: tcpWord(4, 4),
  tcp_ack: tcpWord(8, 4),
  tcp_off: field('tcp', 1, 13, (data, at) => (data[at + 12]! >>> 4) * 4, {
    order: order - 1,
    inject: onTcp((packet, value) => packet.tcpHeader(Math.min(60, ((value as number) + 3) & ~3))),
  }),
  tcp_flags: field('tcp', 1, 14, (data, at) => u16(data, at + 12) & 0xfff, {
    order,
    parse: parseFlags,
    inject: onTcp((packet, value) => packet.store16(packet.transport + 12, (packet.data[packet.transport + 12]! & 0xf0) << 8 | (value as number))),
  }, (value) => flagsText(value as number)),
  tcp_window: tcpWord(14, 2),
  tcp_urp: tcpWord(18, 2),
  tcp_opt: options('all', 3),
  tcp_ntopt: options('not-timestamps', 2),
  tcp_sack: options('sack', 1),
  udp_len: field('udp', 4, 6, (data, at) => u16(data, at + 4), {
    order,
    inject(packet, value) {
      if (!packet.makeIp() || !packet.makeTransport() || ![0, UDP, UDP_LITE].includes(packet.ipProtocol)) return;
      packet.needTransport(8);
      packet.store16(packet.transport + 4, Math.min(0xffff, value as number));
    },
  }),
  icmp_type: icmpType(false),
  icmp_code: icmpCode(false),
  icmp_type_name: icmpType(true),
  icmp_code_name: icmpCode(true),
  icmp_flowid: icmpWord(4, (data, at) => sequenced(data[at]), sequenced),
  icmp_seq: icmpWord(6, (data, at) => sequenced(data[at]), sequenced),
  icmp_nextmtu: icmpWord(6, (data, at) => data[at] === UNREACHABLE && data[at + 1] === NEEDS_FRAGMENTS, (type = UNREACHABLE, code = NEEDS_FRAGMENTS) => type === UNREACHABLE && code === NEEDS_FRAGMENTS),
};

/** Fields that Click does not have: checksums of the transport layer. */
export const CHECKSUM_FIELDS: Readonly<Record<string, Field>> = {
  tcp_sum: field('tcp', 2, 18, (data, at) => u16(data, at + 16), { order, inject: onTcp((packet, value) => packet.store16(packet.transport + 16, value as number)) }),
  udp_sum: field('udp', 2, 8, (data, at) => u16(data, at + 6), {
    order,
    inject(packet, value) {
      if (packet.makeIp(UDP) && packet.makeTransport()) packet.store16(packet.transport + 6, value as number);
    },
  }),
  icmp_sum: field('icmp', 2, 4, (data, at) => u16(data, at + 2), { order, inject: onIcmp(8, () => true, (packet, value) => packet.store16(packet.transport + 2, value)) }),
};
