/**
 * Puts fragments of IPv4 packets together (RFC 791, 3.2); other packets pass. The whole leaves with the header of its first fragment, and
 * with the annotations of the one that completed it.
 *
 * A packet that is not complete 30 s after its last fragment came is given up: what there is of it leaves by `expired`, from its first
 * byte that came, with zeros where something is missing. Connect that to an `ICMPError(..., timeexceeded, reassembly)`, which answers
 * if the beginning is there.
 *
 * Memory is bounded: HIMEM bytes at 2 KiB a fragment, 64 fragments and 9000 bytes a packet. When it is full the packet that waited
 * longest gives way. Fragments that overlap, unless they come twice, are an attack: the packet is given up (RFC 5722 asks so for IPv6).
 */
import { annotation, consumed, copyAnnotations, copyBytes, checksum, defineElement, drop, example, formatIpv4, integer, ipv4, kept, optional, type Packet, packetLists, push, table, tableSlots, TIME_RANGE, u16, type u32, u8 } from 'wirelet';

const TIMEOUT_US = 30_000_000;
/** How often it looks for packets to give up. */
const SCAN_US = 1_000_000;
const FRAGMENTS_MAX = 64;
const LENGTH_MAX = 9000;
const FRAGMENT_BYTES = 2048;

/** Where the data of a packet that is put together begins: a header of any length fits in front of it. */
const HEADER_MAX = 60;

/** Bytes of data behind the header of a fragment. */
function dataOf(fragment: Packet): number {
  const header = ipv4.atOffset(fragment, 0);
  return Math.max(0, header.total_length - header.header_length * 4);
}

/** Copies the data of a fragment to byte `from` of the packet's; of the first, the header too. The bytes of that header, or 0. */
function place(made: Packet, fragment: Packet, from: u32): number {
  const size = ipv4.atOffset(fragment, 0).header_length * 4;
  copyBytes(made, HEADER_MAX + from, fragment, size, dataOf(fragment));
  if (from !== 0) return 0;
  copyBytes(made, HEADER_MAX - size, fragment, 0, size);
  return size;
}

/** Makes the packet begin with its header of `size` bytes, which is to say that `length` bytes follow. */
function finish(made: Packet, size: u32, length: u32, more: number): void {
  made.strip(Math.max(0, HEADER_MAX - size));
  made.markNetworkHeader(0);
  made.markTransportHeader(size);
  const header = ipv4.atOffset(made, 0);
  header.total_length = u16(size + length);
  header.more_fragments = more & 1;
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(made, 0, size));
}

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, index) => from + index);
const piece = (offset: number, count: number, more: number) => ipv4.make({ identification: 7, fragment_offset: offset / 8, more_fragments: more }, bytes(offset, count));
const [first, second, third] = [piece(0, 16, 1), piece(16, 8, 1), piece(24, 5, 0)] as const;
const whole = ipv4.make({ identification: 7 }, bytes(0, 29));

export default defineElement({
  name: 'IPReassembler',
  config: {
    himem: integer({ min: 4096, max: 2 ** 28, default: 262_144, keyword: true, doc: 'Bytes that fragments may take.' }),
    max_mtu_anno: annotation({ size: 2, required: false, keyword: true, doc: 'An annotation that tells the length of the longest fragment.' }),
  },
  ports: { inputs: { in: push('IPv4 packets with a checked header.') }, outputs: { out: push('Whole packets.'), expired: optional(push('What there is of packets that were given up.')) } },
  counters: { reassembled: 'Packets put together.', given_up: 'Packets given up for time or room.' },
  drops: {
    bad_fragment: 'A fragment that cannot be: it has no data, ends between multiples of eight bytes, or reaches beyond the end.',
    too_long: 'The packet would have more than 9000 bytes, or 64 fragments.',
    overlap: 'It overlaps another fragment.',
    duplicate: 'It came before.',
    no_room: 'No room, or a packet that waited longest and gave way to another.',
  },
  split: 'hosts',
  state: ({ config }) => {
    const capacity = Math.max(2, Math.ceil(config.himem / FRAGMENT_BYTES));
    return {
      waiting: table({
        key: { source: 'u32', destination: 'u32', protocol: 'u8', identification: 'u16' },
        /** Bytes of data that came, where it ends (0: not known yet), and the length of its longest fragment. */
        fields: { received: 'u16', end: 'u16', longest: 'u16', seen_us: TIME_RANGE },
        capacity,
        evict: 'seen_us',
      }),
      pieces: packetLists(tableSlots(capacity), capacity),
    };
  },
  build: ({ config }) => ({ slots: tableSlots(Math.max(2, Math.ceil(config.himem / FRAGMENT_BYTES))) }),
  process(packet, { config, built, state, counters, clock, timers, packets, outputs, emit }) {
    const header = ipv4.at(packet);
    if ((header.fragment & 0x3fff) === 0) return outputs.out;
    const { waiting, pieces } = state;
    const base = packet.networkHeaderOffset;
    const size = header.header_length * 4;
    const total = header.total_length;
    if (base < 0 || size < ipv4.size || total <= size || total > packet.networkLength) return drop('bad_fragment');
    packet.truncate(base + total);
    const start = header.fragment_offset * 8;
    const count = Math.max(1, total - size);
    const last = header.more_fragments === 0;
    if (!last && count % 8 !== 0) return drop('bad_fragment');
    if (start + count > LENGTH_MAX) return drop('too_long');
    if (base > 0) packet.strip(base);
    const now = clock.microseconds;
    // A packet that waited longest makes room, for the table or for the fragment.
    let victim = waiting.victim(header.source, header.destination, header.protocol, header.identification);
    if (victim < 0 && pieces.full) {
      let oldest = now + 1;
      for (let slot = 0; slot < built.slots; slot += 1) {
        if (pieces.count(slot) > 0 && waiting.seen_us[slot] < oldest) {
          oldest = waiting.seen_us[slot];
          victim = slot;
        }
      }
    }
    if (victim >= 0 && victim < built.slots) {
      for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
        const lost = pieces.take(victim);
        if (lost === null) break;
        emit(drop('no_room'), lost);
      }
      waiting.remove(victim);
      counters.given_up.add(1);
    }
    const slot = waiting.insert(header.source, header.destination, header.protocol, header.identification);
    if (slot < 0 || pieces.full) return drop('no_room');
    waiting.seen_us[slot] = now;
    waiting.longest[slot] = Math.max(waiting.longest[slot], u16(total));
    // How it lies to those that came before; they keep their order.
    const held = pieces.count(slot);
    let twice = false;
    let wrong = waiting.end[slot] > 0 && (start + count > waiting.end[slot] || (last && start + count !== waiting.end[slot]));
    for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
      if (number >= held) break;
      const other = pieces.take(slot);
      if (other === null) break;
      const otherHeader = ipv4.atOffset(other, 0);
      const from = otherHeader.fragment_offset * 8;
      const to = from + dataOf(other);
      if (from === start && to === start + count) twice = true;
      else if (from < start + count && start < to) wrong = true;
      else if (last && to > start + count) wrong = true;
      pieces.append(slot, other);
    }
    if (twice) return drop('duplicate');
    if (wrong || held >= FRAGMENTS_MAX) {
      for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
        const lost = pieces.take(slot);
        if (lost === null) break;
        emit(drop('overlap'), lost);
      }
      waiting.remove(slot);
      counters.given_up.add(1);
      return wrong ? drop('overlap') : drop('too_long');
    }
    if (last) waiting.end[slot] = u16(start + count);
    waiting.received[slot] = u16(waiting.received[slot] + count);
    if (waiting.end[slot] === 0 || waiting.received[slot] !== waiting.end[slot]) {
      pieces.append(slot, packet);
      if (!timers.expire.pending) timers.expire.after(SCAN_US);
      return kept;
    }
    const end = Math.min(waiting.end[slot], LENGTH_MAX);
    const longest = waiting.longest[slot];
    waiting.remove(slot);
    const made = packets.ofLength(HEADER_MAX + end);
    if (made === null) {
      for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
        const lost = pieces.take(slot);
        if (lost === null) break;
        emit(drop('no_room'), lost);
      }
      return drop('no_room');
    }
    copyAnnotations(made, packet);
    let headerBytes = place(made, packet, start);
    for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
      const other = pieces.take(slot);
      if (other === null) break;
      headerBytes = Math.max(headerBytes, place(made, other, ipv4.atOffset(other, 0).fragment_offset * 8));
      emit(consumed, other);
    }
    finish(made, headerBytes, end, 0);
    if (config.max_mtu_anno !== undefined) {
      made.setAnnotationU8(config.max_mtu_anno, longest >>> 8);
      made.setAnnotationU8(config.max_mtu_anno + 1, u8(longest));
    }
    counters.reassembled.add(1);
    emit(outputs.out, made);
    return consumed;
  },
  timers: {
    /** Gives up packets whose last fragment came too long ago. */
    expire({ built, state, counters, clock, timers, packets, outputs, emit }) {
      const { waiting, pieces } = state;
      for (let slot = 0; slot < built.slots; slot += 1) {
        if (pieces.count(slot) > 0 && clock.microseconds - waiting.seen_us[slot] >= TIMEOUT_US) {
          counters.given_up.add(1);
          let lowest = LENGTH_MAX;
          let highest = 0;
          const held = pieces.count(slot);
          for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
            if (number >= held) break;
            const other = pieces.take(slot);
            if (other === null) break;
            const header = ipv4.atOffset(other, 0);
            lowest = Math.min(lowest, header.fragment_offset * 8);
            highest = Math.max(highest, header.fragment_offset * 8 + dataOf(other));
            pieces.append(slot, other);
          }
          waiting.remove(slot);
          const length = Math.max(0, Math.min(highest - lowest, LENGTH_MAX));
          const made = packets.ofLength(HEADER_MAX + length);
          let headerBytes = 0;
          for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
            const other = pieces.take(slot);
            if (other === null) break;
            if (made === null) {
              emit(drop('no_room'), other);
            } else {
              const from = Math.max(0, ipv4.atOffset(other, 0).fragment_offset * 8 - lowest);
              if (from === 0) copyAnnotations(made, other);
              headerBytes = Math.max(headerBytes, place(made, other, from));
              emit(consumed, other);
            }
          }
          if (made !== null) {
            finish(made, headerBytes, length, 1);
            emit(outputs.expired, made);
          }
        }
      }
      if (pieces.length > 0) timers.expire.after(SCAN_US);
    },
  },
  handlers: {
    dump: {
      doc: 'The packets that wait for fragments, and what came of them.',
      read: ({ state: { waiting, pieces } }) => {
        const lines: string[] = [];
        for (let slot = 0; slot < waiting.slots; slot += 1) {
          if (pieces.count(slot) > 0) lines.push(`${formatIpv4(waiting.source[slot]!)} > ${formatIpv4(waiting.destination[slot]!)} ${waiting.identification[slot]}: ${waiting.received[slot]} of ${waiting.end[slot] || '?'} bytes in ${pieces.count(slot)} fragments\n`);
        }
        return lines.join('');
      },
    },
  },
  examples: [
    example('lets whole packets pass', whole, { out: whole }),
    example('puts fragments together', [first, second, third], { out: whole }, { counters: { reassembled: 1 } }),
    example('takes them in any order', [third, first, second], { out: whole }),
    example('takes those that come twice once', [first, third, first, second], { out: whole, drop: 'duplicate' }),
    example('keeps packets apart', [first, { ...piece(16, 13, 0), bytes: ipv4.make({ identification: 8, fragment_offset: 2 }, bytes(16, 13)).bytes }, second, third], { out: whole, expired: ipv4.make({ identification: 8, fragment_offset: 2, more_fragments: 1 }, bytes(16, 13)) }),
    example('gives packets up after a while', [first, third], { expired: ipv4.make({ identification: 7, more_fragments: 1 }, Uint8Array.from([...bytes(0, 16), ...new Uint8Array(8), ...bytes(24, 5)])) }, { counters: { given_up: 1 } }),
    example('drops those where nothing takes them', [first, third], { drop: 'expired' }, { outputs: 1 }),
    example('gives up a packet whose fragments overlap', [first, piece(8, 16, 1), third], { drop: ['overlap', 'overlap', 'expired'] }, { outputs: 1 }),
    example('does not take a fragment behind the end', [third, piece(32, 8, 1)], { drop: ['overlap', 'overlap'] }),
    example('drops fragments that cannot be', [ipv4.make({ more_fragments: 1 }, bytes(0, 9)), ipv4.make({ fragment_offset: 3 }), ipv4.make({ fragment_offset: 3, total_length: 99 })], { drop: ['bad_fragment', 'bad_fragment', 'bad_fragment'] }),
    example('drops what would be too long', ipv4.make({ fragment_offset: 1125 }, bytes(0, 1)), { drop: 'too_long' }),
    example('keeps the options of the first fragment', [third, ipv4.make({ identification: 7, more_fragments: 1 }, bytes(0, 24), Uint8Array.from([1, 1, 1, 0]))], { out: ipv4.make({ identification: 7 }, bytes(0, 29), Uint8Array.from([1, 1, 1, 0])) }),
    example('tells the longest fragment', [first, second, third], { out: Uint8Array.from([0, 36, ...whole.bytes]) }, { config: 'MAX_MTU_ANNO 20', after: 'ExampleAnnotations(20, 2)' }),
  ],
});
