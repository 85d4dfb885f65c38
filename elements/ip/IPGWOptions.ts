/**
 * Does what every router on the way must do for the options of an IPv4 header (RFC 791, 3.1; RFC 1812, 4.2.2.2):
 * writes its address into Record Route, and the time into Timestamp. Source routes are left to others. The
 * header checksum is updated; packets without options pass untouched.
 *
 * Packets with a wrong option leave by `bad` as they came; their annotation `icmp_parameter` says which byte of
 * the header is wrong, for an `ICMPError(..., parameterproblem)`. Use it on the way to an interface, behind the
 * route look-up: MYADDR is the address of that interface.
 */
import { ANNOTATIONS, checksum, defineElement, drop, example, ipv4, ipv4Address, optional, Packet, u8, words, type u32 } from 'wirelet';

const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const TIMESTAMP = 68;

/** What a Timestamp option asks for: the low four bits of its fourth byte. */
const TIMES_ONLY = 0;
const ADDRESS_AND_TIME = 1;
const TIME_AT_ADDRESSES = 3;

const OVERFLOW_MAX = 15;
const DAY_MS = 86_400_000;

/** The first byte of the header, counted from its beginning, at which an option is wrong; -1: none is. */
function wrongByte(packet: Packet, header: number, length: number): number {
  for (let at = ipv4.size; at < length; at += 1) {
    const type = packet.loadU8(header + at);
    if (type === END) return -1;
    if (type !== NO_OPERATION) {
      if (at + 1 >= length) return at;
      const size = packet.loadU8(header + at + 1);
      if (size < 2 || at + size > length) return at + 1;
      if (type === RECORD_ROUTE) {
        if (size < 3) return at + 1;
        const pointer = packet.loadU8(header + at + 2);
        if (pointer < 4 || (pointer <= size && pointer + 3 > size)) return at + 2;
      }
      if (type === TIMESTAMP) {
        if (size < 4) return at + 1;
        const pointer = packet.loadU8(header + at + 2);
        const overflow = packet.loadU8(header + at + 3) >>> 4;
        const flag = packet.loadU8(header + at + 3) & 15;
        if (flag !== TIMES_ONLY && flag !== ADDRESS_AND_TIME && flag !== TIME_AT_ADDRESSES) return at + 3;
        if (pointer < 5) return at + 2;
        if (pointer <= size && pointer + (flag === TIMES_ONLY ? 3 : 7) > size) return at + 2;
        if (pointer > size && flag !== TIME_AT_ADDRESSES && overflow === OVERFLOW_MAX) return at + 3;
      }
      at += size - 1;
    }
  }
  return -1;
}

/** Writes `address` into the Record Route option at `option`, if it has room. Returns whether it had. */
function recordRoute(packet: Packet, option: number, address: u32): boolean {
  const pointer = packet.loadU8(option + 2);
  if (pointer > packet.loadU8(option + 1)) return false;
  packet.storeU32(option + pointer - 1, address);
  packet.storeU8(option + 2, u8(pointer + 4));
  return true;
}

/** Writes the time into the Timestamp option at `option`, or counts that it had no room; whether it did either. */
function recordTime(packet: Packet, option: number, address: u32, own: readonly u32[], milliseconds: u32): boolean {
  const pointer = packet.loadU8(option + 2);
  const flags = packet.loadU8(option + 3);
  const flag = flags & 15;
  if (pointer > packet.loadU8(option + 1)) {
    // All the addresses that were asked for have written their time: that is no overflow.
    if (flag === TIME_AT_ADDRESSES) return false;
    packet.storeU8(option + 3, u8(flags + 16));
    return true;
  }
  let place = option + pointer - 1;
  if (flag === TIME_AT_ADDRESSES) {
    const wanted = packet.loadU32(place);
    let mine = false;
    for (const one of own) if (wanted === one) mine = true;
    if (!mine) return false;
  }
  if (flag === ADDRESS_AND_TIME) packet.storeU32(place, address);
  if (flag !== TIMES_ONLY) place += 4;
  packet.storeU32(place, milliseconds);
  packet.storeU8(option + 2, u8(pointer + (flag === TIMES_ONLY ? 4 : 8)));
  return true;
}

const withOptions = (...options: number[]) => ipv4.make({}, new Uint8Array(4), Uint8Array.from(options));
/** 10.9.9.9 */
const ADDRESS = [10, 9, 9, 9];
/** Examples take place at 01:46:40, 6,400,000 ms after midnight. */
const TIME = [0, 0x61, 0xa8, 0];

export default defineElement({
  name: 'IPGWOptions',
  config: {
    myaddr: ipv4Address({ doc: 'The address of the interface by which packets leave.' }),
    otheraddrs: words(ipv4Address({ doc: "The router's other addresses, for Timestamp options that name one." })),
  },
  ports: {
    inputs: { in: 'IPv4 packets with a checked header.' },
    outputs: { out: 'The same packets, their options answered.', bad: optional('Packets with a wrong option, as they came.') },
  },
  counters: { packets_recorded: 'Packets in which an address or time was written.', packets_bad: 'Packets with a wrong option.' },
  drops: { bad_header: 'The header is said to be shorter than 20 bytes, or longer than the packet.' },
  build: ({ config }) => ({ own: [...new Set([config.myaddr, ...config.otheraddrs])] }),
  process(packet, { config, built, clock, counters, outputs }) {
    const header = ipv4.at(packet);
    const length = header.header_length * 4;
    const base = packet.networkHeaderOffset;
    if (length === ipv4.size) return outputs.out;
    if (base < 0 || length < ipv4.size || packet.networkLength < length) return drop('bad_header');
    const wrong = wrongByte(packet, base, length);
    if (wrong >= 0) {
      packet.setAnnotationU8(ANNOTATIONS.icmp_parameter.offset, u8(wrong));
      counters.packets_bad.add(1);
      return outputs.bad;
    }
    const before = checksum.sum(packet, base, length);
    const milliseconds = Math.trunc(clock.microseconds / 1000) % DAY_MS;
    let written = false;
    for (let at = ipv4.size; at < length; at += 1) {
      const type = packet.loadU8(base + at);
      if (type === END) break;
      if (type !== NO_OPERATION) {
        const size = packet.loadU8(base + at + 1);
        if (type === RECORD_ROUTE && recordRoute(packet, base + at, config.myaddr)) written = true;
        if (type === TIMESTAMP && recordTime(packet, base + at, config.myaddr, built.own, milliseconds)) written = true;
        at += Math.max(0, size - 1);
      }
    }
    if (written) {
      // An option may begin at any byte: the sums of the whole header tell what changed.
      header.checksum = checksum.update(header.checksum, before, checksum.sum(packet, base, length));
      counters.packets_recorded.add(1);
    }
    return outputs.out;
  },
  handlers: { drops: { doc: 'Packets with a wrong option.', read: ({ counters }) => String(counters.packets_bad.value) } },
  examples: [
    example('records the route', withOptions(7, 7, 4, 0, 0, 0, 0, 0), { out: withOptions(7, 7, 8, ...ADDRESS, 0) }, { config: '10.9.9.9', counters: { packets_recorded: 1 } }),
    example('records it at an odd place', withOptions(1, 7, 7, 4, 0, 0, 0, 0), { out: withOptions(1, 7, 7, 8, ...ADDRESS) }, { config: '10.9.9.9' }),
    example('leaves a full record alone', withOptions(7, 7, 8, 1, 2, 3, 4, 0), { out: withOptions(7, 7, 8, 1, 2, 3, 4, 0) }, { config: '10.9.9.9', counters: { packets_recorded: 0 } }),
    example('writes the time', withOptions(68, 8, 5, 0, 0, 0, 0, 0), { out: withOptions(68, 8, 9, 0, ...TIME) }, { config: '10.9.9.9' }),
    example('writes address and time', withOptions(68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0), { out: withOptions(68, 12, 13, 1, ...ADDRESS, ...TIME) }, { config: '10.9.9.9' }),
    example('writes the time where its other address is asked', withOptions(68, 12, 5, 3, 10, 8, 8, 8, 0, 0, 0, 0), { out: withOptions(68, 12, 13, 3, 10, 8, 8, 8, ...TIME) }, { config: '10.9.9.9, 10.7.7.7 10.8.8.8' }),
    example('leaves it where another router is asked', withOptions(68, 12, 5, 3, 10, 8, 8, 1, 0, 0, 0, 0), { out: withOptions(68, 12, 5, 3, 10, 8, 8, 1, 0, 0, 0, 0) }, { config: '10.9.9.9' }),
    example('counts routers without room', withOptions(68, 8, 9, 0x20, 1, 2, 3, 4), { out: withOptions(68, 8, 9, 0x30, 1, 2, 3, 4) }, { config: '10.9.9.9' }),
    example('finds that it can count no more', withOptions(68, 8, 9, 0xf0, 1, 2, 3, 4), { bad: withOptions(68, 8, 9, 0xf0, 1, 2, 3, 4) }, { config: '10.9.9.9', counters: { packets_bad: 1 } }),
    example('finds room for half an address', withOptions(7, 6, 4, 0, 0, 0, 0, 0), { bad: withOptions(7, 6, 4, 0, 0, 0, 0, 0) }, { config: '10.9.9.9' }),
    example('finds an option that is longer than the header', withOptions(7, 39, 4, 0), { bad: withOptions(7, 39, 4, 0) }, { config: '10.9.9.9' }),
    example('leaves a packet whole when only its last option is wrong', withOptions(7, 7, 4, 0, 0, 0, 0, 7), { bad: withOptions(7, 7, 4, 0, 0, 0, 0, 7) }, { config: '10.9.9.9' }),
    example('drops a header that is longer than the packet', ipv4.make({ header_length: 15 }), { drop: 'bad_header' }, { config: '10.9.9.9' }),
    example('lets packets without options pass', ipv4.make({}), { out: ipv4.make({}) }, { config: '10.9.9.9' }),
  ],
});
