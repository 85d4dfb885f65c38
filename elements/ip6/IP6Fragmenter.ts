/**
 * Splits IPv6 packets that are longer than MTU into fragments (RFC 8200, 4.5), which leave in order, the first one first.
 *
 * Only the source of a packet may do that: use it where packets are made, such as behind a tunnel's entry. A router tells the source instead:
 * with SPLIT false, long packets leave by `too_big` as they came, for an `ICMP6Error(..., packettoobig, MTU n)`.
 *
 * What must be in every fragment, the header with its hop-by-hop options and routing header, is copied; fragments are not split again. What
 * lies in front of the IPv6 header, such as an Ethernet header, is not copied: strip it before.
 */
import { bool, consumed, copyAnnotations, copyBytes, counterHandler, defineElement, drop, example, integer, ipv6, IPV6_NEXT_HEADER, optional, type Packet, push, register, u16, u32 } from 'wirelet';

const FRAGMENT_HEADER_BYTES = 8;
/** Headers that every fragment carries, at most. */
const HEADERS_MAX = 4;
const UNFRAGMENTABLE_BYTES_MAX = 512;

/**
 * Where the part begins that is split: behind the IPv6 header at the start, its hop-by-hop options and routing header; -1 when that cannot be
 * told or is too long.
 */
function splitPoint(packet: Packet): number {
  let next = ipv6.atOffset(packet, 0).next_header;
  let at = ipv6.size;
  for (let count = 0; count < HEADERS_MAX; count += 1) {
    if (next !== IPV6_NEXT_HEADER.hop_by_hop && next !== IPV6_NEXT_HEADER.routing) break;
    if (at + 8 > packet.length) return -1;
    next = packet.loadU8(at);
    at += (packet.loadU8(at + 1) + 1) * 8;
  }
  return next === IPV6_NEXT_HEADER.fragment || at > UNFRAGMENTABLE_BYTES_MAX ? -1 : at;
}

/** The place of the byte that says what follows the header that ends at `end`. */
function nextHeaderPlace(packet: Packet, end: u32): u32 {
  let at = 0;
  let place = 6;
  let length = ipv6.size;
  for (let count = 0; count < HEADERS_MAX; count += 1) {
    if (at + length >= end) break;
    at += length;
    place = at;
    length = (packet.loadU8(at + 1) + 1) * 8;
  }
  return place;
}

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, index) => from + index);
const whole = ipv6.make({}, bytes(0, 40));
const fragment = (next: number, offset: number, more: number, data: Uint8Array, id = 1) => Uint8Array.from([next, 0, offset >>> 8, (offset & 0xf8) | more, 0, 0, 0, id, ...data]);
const options = Uint8Array.from([17, 0, 1, 4, 0, 0, 0, 0]);

export default defineElement({
  name: 'IP6Fragmenter',
  config: { mtu: integer({ min: 56, max: 65_535, doc: 'Bytes that a packet may have from its IPv6 header on; links carry 1280 at least.' }), split: bool({ default: true, keyword: true, doc: 'Split long packets, rather than give them to `too_big`.' }) },
  ports: { inputs: { in: push('IPv6 packets with a marked header at their start.') }, outputs: { out: push('Packets no longer than MTU.'), too_big: optional(push('Packets that are longer, if they are not to be split.')) } },
  counters: { fragments: 'Fragments made.', refused: 'Packets that were too long and not split.' },
  drops: { bad_header: 'The packet does not begin with a whole IPv6 header, or is shorter than that says.', not_split: 'It is a fragment, or its headers are too long or cut off.', no_room: 'No packet buffer was free.' },
  state: { identification: register('u32') },
  process(packet, { config, state, counters, outputs, packets, emit }) {
    if (packet.networkHeaderOffset !== 0 || packet.length < ipv6.size) return drop('bad_header');
    const header = ipv6.atOffset(packet, 0);
    const total = ipv6.size + header.payload_length;
    if (header.version !== 6 || total > packet.length) return drop('bad_header');
    packet.truncate(total);
    if (total <= config.mtu) return outputs.out;
    if (!config.split) {
      counters.refused.add(1);
      return outputs.too_big;
    }
    const front = splitPoint(packet);
    if (front < 0 || front > total) {
      counters.refused.add(1);
      return drop('not_split');
    }
    const room = (config.mtu - front - FRAGMENT_HEADER_BYTES) & ~7;
    if (room < 8) {
      counters.refused.add(1);
      return drop('not_split');
    }
    const place = nextHeaderPlace(packet, front);
    const next = packet.loadU8(place);
    state.identification = u32(state.identification + 1);
    for (let offset = 0; offset < total - front; offset += Math.max(8, room)) {
      const count = Math.max(0, Math.min(room, total - front - offset));
      const piece = packets.ofLength(Math.min(front + FRAGMENT_HEADER_BYTES + count, 9216));
      if (piece === null) return drop('no_room');
      copyAnnotations(piece, packet);
      copyBytes(piece, 0, packet, 0, front);
      piece.storeU8(place, IPV6_NEXT_HEADER.fragment);
      piece.storeU8(front, next);
      piece.storeU16(front + 2, u16((offset & 0xfff8) + (offset + count < total - front ? 1 : 0)));
      piece.storeU32(front + 4, state.identification);
      copyBytes(piece, front + FRAGMENT_HEADER_BYTES, packet, front + offset, count);
      piece.markNetworkHeader(0);
      piece.markTransportHeader(front + FRAGMENT_HEADER_BYTES);
      ipv6.atOffset(piece, 0).payload_length = u16(piece.length - ipv6.size);
      counters.fragments.add(1);
      emit(outputs.out, piece);
    }
    return consumed;
  },
  handlers: { drops: counterHandler('refused', 'Packets that were too long and not split.'), fragments: counterHandler('fragments', 'Fragments made.') },
  examples: [
    example('lets short packets pass', whole, { out: whole }, { config: '80' }),
    example(
      'splits long ones',
      whole,
      { out: [ipv6.make({ next_header: 44 }, fragment(17, 0, 1, bytes(0, 16))), ipv6.make({ next_header: 44 }, fragment(17, 16, 1, bytes(16, 16))), ipv6.make({ next_header: 44 }, fragment(17, 32, 0, bytes(32, 8)))] },
      { config: '64', counters: { fragments: 3 } },
    ),
    example(
      'copies hop-by-hop options into every fragment',
      ipv6.make({ next_header: 0 }, Uint8Array.from([...options, ...bytes(0, 24)])),
      {
        out: [0, 8, 16].map((from) => ipv6.make({ next_header: 0 }, Uint8Array.from([44, ...options.subarray(1), ...fragment(17, from, from < 16 ? 1 : 0, bytes(from, 8))]))),
      },
      { config: '64', counters: { fragments: 3 } },
    ),
    example('gives long packets to who tells their source', whole, { too_big: whole }, { config: '79, SPLIT false', counters: { refused: 1 } }),
    example('does not split fragments', ipv6.make({ next_header: 44 }, fragment(17, 0, 0, bytes(0, 40))), { drop: 'not_split' }, { config: '80' }),
    example('drops a length that lies', ipv6.make({ payload_length: 99 }, bytes(0, 40)), { drop: 'bad_header' }, { config: '80' }),
  ],
});
