/**
 * Splits IPv4 packets that are longer than MTU into fragments (RFC 791, 3.2), which leave in order, the first one first. Packets that
 * must not be fragmented leave by `too_big` as they came; connect it to an `ICMPError(..., unreachable, needfrag)`. So do those whose
 * header leaves no room for eight bytes.
 *
 * All fragments have the packet's annotations. What lies in front of the IP header, such as an Ethernet header, stays with the first
 * only: strip it before.
 */
import { bool, type Complaints, copyAnnotations, copyBytes, checksum, consumed, counterHandler, defineElement, drop, example, integer, ipv4, type Log, logAddress, optional, type Packet, push, register, u16, type u32 } from 'wirelet';

/** Options have the highest bit set that all fragments carry (RFC 791, 3.1). */
const COPIED = 0x80;

/**
 * Copies the options of the header at `base` that all fragments carry behind the one at the start of `to`, where it is given room for
 * them, and returns how many bytes they have, a multiple of four. With `to` the packet itself, it only counts.
 */
function copyOptions(to: Packet, packet: Packet, base: u32, length: number, write: boolean): number {
  let bytes = 0;
  for (let at = ipv4.size; at < length; at += 1) {
    const type = packet.loadU8(base + at);
    if (type === 0) break;
    if (type !== 1) {
      if (at + 1 >= length) break;
      const size = packet.loadU8(base + at + 1);
      if (size < 2 || at + size > length) break;
      if ((type & COPIED) !== 0 && bytes <= 40 - size) {
        if (write) copyBytes(to, ipv4.size + bytes, packet, base + at, size);
        bytes += size;
      }
      at += size - 1;
    }
  }
  return Math.min(40, (bytes + 3) & 0x7c);
}

/** Writes length and checksum of the header at `base`, which has `size` bytes. */
function finish(packet: Packet, base: u32, size: number): void {
  const header = ipv4.atOffset(packet, base);
  header.total_length = u16(packet.length - base);
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, base, size));
}

/** Lines about packets that must not be fragmented, at most. */
const LINES_MAX = 5;

/** Says that a packet must not be fragmented, for the first few, or with `verbose` for each. */
function complainOfRefusal(log: Log, state: Complaints, packet: Packet, mtu: number, verbose: boolean): void {
  if (!verbose && state.complaints >= LINES_MAX) return;
  const header = ipv4.at(packet);
  log.text('IPFragmenter(');
  log.decimal(mtu);
  log.text(') DF ');
  logAddress(log, header.source);
  log.text(' ');
  logAddress(log, header.destination);
  log.text(' len=');
  log.decimal(packet.length);
  log.end();
  if (state.complaints < LINES_MAX) state.complaints = (state.complaints + 1) & 255;
}

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, index) => from + index);
const whole = ipv4.make({ identification: 7 }, bytes(0, 40));
const df = ipv4.make({ dont_fragment: 1 }, bytes(0, 40));
const copied = [0x88, 4, 1, 2];
const record = [7, 3, 4, 1];

export default defineElement({
  name: 'IPFragmenter',
  config: {
    mtu: integer({ max: 65_535, doc: 'Bytes that a packet may have from its IP header on.' }),
    honor_df: bool({ default: true, doc: 'Do not fragment packets that forbid it.' }),
    verbose: bool({ default: false, doc: "Under Click's driver, a line for each such packet, not only for the first five." }),
    headroom: integer({ default: 28, max: 128, keyword: true, doc: 'Accepted for compatibility; every packet has 116 bytes in front.' }),
  },
  ports: { inputs: { in: push('IPv4 packets with a checked header.') }, outputs: { out: push('Packets no longer than MTU.'), too_big: optional(push('Packets that must not be fragmented.')) } },
  counters: { fragments: 'Fragments made.', refused: 'Packets that must not be fragmented.' },
  drops: { bad_header: 'The header is said to be shorter than 20 bytes, or longer than the packet.', too_far: 'The packet is a fragment that reaches beyond 65,535 bytes.', no_room: 'No packet buffer was free.' },
  split: 'each',
  state: { complaints: register('u8') },
  build({ config, chatter, fail }) {
    if (config.mtu < 8) return fail('the MTU is less than 8 bytes', undefined, 'MTU must be at least 8');
    return { chatter };
  },
  process(packet, { config, built, state, counters, outputs, packets, random, emit, log }) {
    const header = ipv4.at(packet);
    const base = packet.networkHeaderOffset;
    if (packet.networkLength <= config.mtu) return outputs.out;
    const size = header.header_length * 4;
    const total = header.total_length;
    if (base < 0 || size < ipv4.size || total < size || total > packet.networkLength) return drop('bad_header');
    const firstBytes = Math.max(0, config.mtu - size) & 0xfff8;
    const dataBytes = total - size;
    if (total <= config.mtu) {
      packet.truncate(base + total);
      return outputs.out;
    }
    if ((config.honor_df && header.dont_fragment === 1) || firstBytes < 8) {
      if (built.chatter.length > 0) complainOfRefusal(log, state, packet, config.mtu, config.verbose);
      counters.refused.add(1);
      return outputs.too_big;
    }
    if (header.dont_fragment === 1) {
      // Who forbids fragments may number all packets alike (RFC 6864, 4.1): such a number would mix up the fragments of several.
      header.identification = u16(random.u32());
      header.dont_fragment = 0;
    }
    // A fragment offset that runs over would put the end of the data at its beginning.
    if (header.fragment_offset + (dataBytes >>> 3) > 0x1fff) return drop('too_far');
    const first = packets.ofLength(Math.min(base + size + firstBytes, 9216));
    if (first === null) return drop('no_room');
    copyAnnotations(first, packet);
    copyBytes(first, 0, packet, 0, first.length);
    first.markNetworkHeader(base);
    first.markTransportHeader(base + size);
    ipv4.atOffset(first, base).more_fragments = 1;
    finish(first, base, size);
    counters.fragments.add(1);
    emit(outputs.out, first);
    const laterSize = ipv4.size + copyOptions(packet, packet, base, size, false);
    const laterBytes = Math.max(8, (config.mtu - laterSize) & ~7);
    for (let offset = firstBytes; offset < dataBytes; offset += laterBytes) {
      const count = Math.max(0, Math.min(laterBytes, dataBytes - offset));
      const later = packets.ofLength(Math.min(laterSize + count, 9216));
      if (later === null) return drop('no_room');
      copyAnnotations(later, packet);
      copyBytes(later, 0, packet, base, ipv4.size);
      copyOptions(later, packet, base, size, true);
      copyBytes(later, laterSize, packet, base + size + offset, count);
      later.markNetworkHeader(0);
      later.markTransportHeader(laterSize);
      const piece = ipv4.atOffset(later, 0);
      piece.header_length = laterSize >>> 2;
      piece.fragment_offset = (header.fragment_offset + (offset >>> 3)) & 0x1fff;
      if (offset + count < dataBytes) piece.more_fragments = 1;
      finish(later, 0, laterSize);
      counters.fragments.add(1);
      emit(outputs.out, later);
    }
    return consumed;
  },
  handlers: {
    drops: counterHandler('refused', 'Packets that must not be fragmented.'),
    fragments: counterHandler('fragments', 'Fragments made.'),
  },
  examples: [
    example('lets short packets pass', whole, { out: whole }, { config: '60' }),
    example(
      'splits long ones',
      whole,
      {
        out: [
          ipv4.make({ identification: 7, more_fragments: 1 }, bytes(0, 16)),
          ipv4.make({ identification: 7, more_fragments: 1, fragment_offset: 2 }, bytes(16, 16)),
          ipv4.make({ identification: 7, fragment_offset: 4 }, bytes(32, 8)),
        ],
      },
      { config: '43', counters: { fragments: 3 } },
    ),
    example(
      'splits fragments',
      ipv4.make({ more_fragments: 1, fragment_offset: 9 }, bytes(0, 16)),
      { out: [ipv4.make({ more_fragments: 1, fragment_offset: 9 }, bytes(0, 8)), ipv4.make({ more_fragments: 1, fragment_offset: 10 }, bytes(8, 8))] },
      { config: '28' },
    ),
    example(
      'gives later fragments the options that they carry',
      ipv4.make({}, bytes(0, 16), Uint8Array.from([...record, ...copied])),
      {
        out: [
          ipv4.make({ more_fragments: 1 }, bytes(0, 8), Uint8Array.from([...record, ...copied])),
          ipv4.make({ fragment_offset: 1 }, bytes(8, 8), Uint8Array.from(copied)),
        ],
      },
      { config: '36' },
    ),
    example('sorts out what must not be fragmented', df, { too_big: df }, { config: '40', counters: { refused: 1 } }),
    example('drops it where nothing takes it', df, { drop: 'too_big' }, { config: '40', outputs: 1 }),
    example('fragments it when told to', df, { out: [ipv4.make({ more_fragments: 1 }, bytes(0, 32)), ipv4.make({ fragment_offset: 4 }, bytes(32, 8))] }, { config: '52, HONOR_DF false', after: 'StoreData(4, \\<0000>) -> SetIPChecksum' }),
    example('sorts out what no eight bytes fit behind', whole, { too_big: whole }, { config: '27' }),
    example('cuts off what lies behind the packet', { ...whole, bytes: Uint8Array.from([...whole.bytes, 0, 0]) }, { out: whole }, { config: '60' }),
    example('lets a packet of that very length pass', { ...ipv4.make({}, bytes(0, 37)), bytes: Uint8Array.from([...ipv4.make({}, bytes(0, 37)).bytes, 0, 0]) }, { out: ipv4.make({}, bytes(0, 37)) }, { config: '57' }),
    example('drops what would reach too far', ipv4.make({ fragment_offset: 8190 }, bytes(0, 24)), { drop: 'too_far' }, { config: '36' }),
    example('drops a length that lies', ipv4.make({ total_length: 99 }, bytes(0, 40)), { drop: 'bad_header' }, { config: '40' }),
  ],
});
