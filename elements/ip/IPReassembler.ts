/**
 * Puts fragments of IPv4 packets together (RFC 791, 3.2); other packets pass. The whole leaves with the headers and annotations of its
 * first fragment, and the time stamp of the one that completed it. Fragments that overlap overwrite what came before.
 *
 * A packet that is not complete 30 s after its first fragment came is given up, when another fragment comes; one whose first fragment did
 * not come, within 10 s. What there is of it leaves by `expired`, with zeros where something is missing. Connect that to an
 * `ICMPError(..., timeexceeded, reassembly)`, which answers if the beginning is there.
 *
 * Memory is bounded: above HIMEM bytes, packets are given up until three quarters of it are in use, those that waited for 10 s first. Of a
 * packet there are 64 fragments and 9000 bytes at most.
 */
import { annotation, defineElement, example, formatIpv4, integer, ipv4, kept, optional, push, tableSlots } from 'wirelet';
import { assemble, bytesOf, complete, fragmentsMax, FRAGMENTS_MAX, lose, reassemblyState, takeFragment } from './reassembly.js';

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, index) => from + index);
const piece = (offset: number, count: number, more: number, value = offset) => ipv4.make({ identification: 7, fragment_offset: offset / 8, more_fragments: more }, bytes(value, count));
const [first, second, third] = [piece(0, 16, 1), piece(16, 8, 1), piece(24, 5, 0)] as const;
const whole = ipv4.make({ identification: 7 }, bytes(0, 29));
const other = ipv4.make({ identification: 9, more_fragments: 1 }, bytes(0, 8));
/** What Click gives up keeps the header of its first fragment, but for the flag that its end would have. */
const stale = { ...whole, bytes: Uint8Array.from([...first.bytes.subarray(0, 6), 0, 0, ...first.bytes.subarray(8, 36), ...new Uint8Array(8), ...bytes(24, 5)]) };

export default defineElement({
  name: 'IPReassembler',
  config: {
    himem: integer({ max: 2 ** 28, default: 262_144, keyword: true, doc: 'Bytes that fragments may take.' }),
    max_mtu_anno: annotation({ size: 2, required: false, keyword: true, doc: 'An annotation that tells the length of the longest fragment.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with a checked header.' }, outputs: { out: 'Whole packets.', expired: optional(push('What there is of packets that were given up.')) } },
  counters: { fragments: 'Fragments that came.', reassembled: 'Packets put together.', failed: 'Packets given up for want of room.', bad: 'Fragments that cannot be.' },
  drops: {
    bad_fragment: 'A fragment that cannot be: it has no data, or ends between multiples of eight bytes, or beyond the packet.',
    beyond_end: 'It reaches beyond the end of its packet.',
    too_long: 'The packet would have more than 9000 bytes, or 64 fragments.',
    no_room: 'There is no room for it.',
  },
  split: 'hosts',
  state: ({ config }) => reassemblyState(config.himem),
  build: ({ config }) => ({ slots: tableSlots(fragmentsMax(config.himem)) }),
  process(packet, context) {
    if ((ipv4.at(packet).fragment & 0x3fff) === 0) return context.outputs.out;
    const slot = takeFragment(packet, context);
    if (slot >= 0 && slot < context.built.slots) {
      const made = context.packets.ofLength(bytesOf(context, slot));
      if (made === null) {
        lose(context, slot);
      } else {
        assemble(context, slot, made, true);
        complete(made, context.counters.reassembled);
        context.emit(context.outputs.out, made);
      }
    }
    return kept;
  },
  pull(context) {
    const packet = context.inputs.in.pull();
    if (packet === null) return null;
    if ((ipv4.at(packet).fragment & 0x3fff) === 0) return packet;
    const slot = takeFragment(packet, context);
    if (slot < 0 || slot >= context.built.slots) return null;
    const made = context.packets.ofLength(bytesOf(context, slot));
    if (made === null) {
      lose(context, slot);
      return null;
    }
    assemble(context, slot, made, true);
    complete(made, context.counters.reassembled);
    return made;
  },
  handlers: {
    dump: {
      doc: 'What came of fragments, and the packets that wait for more, with the parts of them that came.',
      read({ counters, state: { waiting, chunk_from, chunk_to } }) {
        const slots = Array.from({ length: waiting.slots }, (_, slot) => slot).filter((slot) => waiting.occupied(slot));
        slots.sort((a, b) => (waiting.identification[a]! >>> 8) - (waiting.identification[b]! >>> 8) || waiting.order[b]! - waiting.order[a]!);
        const lines = slots.map((slot) => {
          const ports = waiting.ports[slot]!;
          const chunks = Array.from({ length: waiting.chunks[slot]! }, (_, index) => ` (${chunk_from[slot * FRAGMENTS_MAX + index]},${chunk_to[slot * FRAGMENTS_MAX + index]})`);
          return ` (${formatIpv4(waiting.source[slot]!)}, ${ports >>> 16}, ${formatIpv4(waiting.destination[slot]!)}, ${ports & 0xffff}) ${waiting.identification[slot]}${chunks.join('')}\n`;
        });
        return `frags seen total:    ${counters.fragments.value}\ngood reassemblies:   ${counters.reassembled.value}\nfailed reassemblies: ${counters.failed.value}\nbad fragments seen:  ${counters.bad.value}\ncached chunk data:\n${lines.join('')}`;
      },
    },
  },
  examples: [
    example('lets whole packets pass', whole, { out: whole }),
    example('puts fragments together', [first, second, third], { out: whole }, { counters: { reassembled: 1, fragments: 3 } }),
    example('takes them in any order', [third, first, second], { out: whole }),
    example('takes those that come twice once', [first, third, first, second], { out: whole }),
    example('keeps packets apart', [first, { ...piece(16, 13, 0), bytes: ipv4.make({ identification: 8, fragment_offset: 2 }, bytes(16, 13)).bytes }, second, third], { out: whole }),
    example('gives packets up when a fragment comes after a while', [first, third, { ...other, at: 31_000_000 }], { expired: stale }),
    example('drops those where nothing takes them', [first, third, { ...other, at: 31_000_000 }], { drop: 'expired' }, { outputs: 1 }),
    example('overwrites what came before where fragments overlap', [first, piece(8, 16, 1, 100), third], { out: ipv4.make({ identification: 7 }, Uint8Array.from([...bytes(0, 8), ...bytes(100, 16), ...bytes(24, 5)])) }),
    example('drops a fragment behind the end', [third, piece(32, 8, 1)], { drop: 'beyond_end' }),
    example('drops fragments that cannot be', [ipv4.make({ more_fragments: 1 }, bytes(0, 9)), ipv4.make({ fragment_offset: 3 }), ipv4.make({ fragment_offset: 3, total_length: 99 })], { drop: ['bad_fragment', 'bad_fragment', 'bad_fragment'] }, { counters: { bad: 3 } }),
    example('drops what would be too long', ipv4.make({ fragment_offset: 1125 }, bytes(0, 1)), { drop: 'too_long' }),
    example('makes room', [first, { ...other, at: 1 }], { expired: first }, { config: 'HIMEM 40', counters: { failed: 1 } }),
    example('keeps the options of the first fragment', [third, ipv4.make({ identification: 7, more_fragments: 1 }, bytes(0, 24), Uint8Array.from([1, 1, 1, 0]))], { out: ipv4.make({ identification: 7 }, bytes(0, 29), Uint8Array.from([1, 1, 1, 0])) }),
    example('tells the longest fragment', [first, second, third], { out: Uint8Array.from([0, 36, ...whole.bytes]) }, { config: 'MAX_MTU_ANNO 20', after: 'ExampleAnnotations(20, 2)' }),
    example('works where it is pulled', [first, second, third], { out: whole }, { before: 'Queue', after: 'Unqueue' }),
  ],
});
