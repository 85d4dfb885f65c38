/**
 * Writes a record into the payload of UDP packets, whose IP header, of either version, begins at OFFSET: a number that rises from packet to packet, from 1 on, the time of day in
 * seconds and nanoseconds since 1970, and zeros for the time that has passed since then. With DELTA it only writes that time, in seconds and nanoseconds: a second one behind what
 * delays packets tells by how much. The checksum of UDP stays right.
 *
 * Numbers have 32 bits in network byte order. Packets that are not IP, have another header behind that of IPv6, or fewer than 20 bytes of payload, are dropped; those of IPv4 are
 * taken for UDP.
 */
import { bool, checksum, checksummed, defineElement, drop, example, integer, IP_PROTOCOL, ipv4, register, u32, udp, type Packet, type u53 } from 'wirelet';

const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const RECORD_BYTES = 20;
/** Where UDP's checksum lies in its header. */
const CHECKSUM = 6;
const MICROSECONDS = 1_000_000;
/** Where words of the record lie behind the header of UDP. */
const SECONDS = 12;
const NANOSECONDS = 16;
const PASSED_SECONDS = 20;
const PASSED_NANOSECONDS = 24;
const OFFSET_MAX = 9000;

const datagram = (payload: Uint8Array) => checksummed(ipv4.make({ protocol: 17, source: 1, destination: 2 }, udp.make({ source_port: 1, destination_port: 2 }, payload)));
const words = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]));

/** Writes a word, and what it means for the checksum of the header at `at`, unless that has none. */
function write(packet: Packet, at: number, place: number, value: u32): void {
  const sum = packet.loadU16(at + CHECKSUM);
  if (sum !== 0) packet.storeU16(at + CHECKSUM, checksum.updateU32(sum, packet.loadU32(at + place), value));
  packet.storeU32(at + place, value);
}

/** Writes the time that has passed since that of the record. */
function writePassed(packet: Packet, at: number, now: u53): void {
  let seconds = Math.trunc(now / MICROSECONDS) - packet.loadU32(at + SECONDS);
  let nanoseconds = (now % MICROSECONDS) * 1000 - packet.loadU32(at + NANOSECONDS);
  if (nanoseconds < 0) {
    seconds -= 1;
    nanoseconds += 1_000_000_000;
  }
  write(packet, at, PASSED_SECONDS, u32(seconds));
  write(packet, at, PASSED_NANOSECONDS, u32(nanoseconds));
}

export default defineElement({
  name: 'StoreUDPTimeSeqRecord',
  config: {
    offset: integer({ max: OFFSET_MAX, doc: 'Where the IP header begins.' }),
    delta: bool({ default: false, keyword: true, doc: 'Whether the time that has passed is written.' }),
  },
  ports: { inputs: { in: 'UDP packets.' }, outputs: { out: 'Packets with a record.' } },
  drops: { short: 'It has no room for the record.', not_ip: 'It is no IP packet.', not_udp: 'Something else than UDP follows the IPv6 header.' },
  state: { number: register('u32') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, state, clock, log, outputs }) {
    const { offset } = config;
    if (packet.length < offset + 8) return drop('short');
    const first = packet.loadU8(offset);
    const version = first >>> 4;
    if (version !== 4 && version !== 6) {
      if (built.chatter.length > 0) {
        log.text('Unknown IP version!');
        log.end();
      }
      return drop('not_ip');
    }
    if (version === 6 && packet.loadU8(offset + 6) !== IP_PROTOCOL.udp) return drop('not_udp');
    const at = offset + (version === 4 ? (first & 15) * 4 : IPV6_BYTES);
    if (packet.length < at + UDP_BYTES + RECORD_BYTES) return drop('short');
    state.number = u32(state.number + 1);
    if (config.delta) {
      writePassed(packet, at, clock.microseconds);
      return outputs.out;
    }
    write(packet, at, UDP_BYTES, state.number);
    write(packet, at, SECONDS, u32(clock.seconds));
    write(packet, at, NANOSECONDS, (clock.microseconds % MICROSECONDS) * 1000);
    write(packet, at, PASSED_SECONDS, 0);
    write(packet, at, PASSED_NANOSECONDS, 0);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Packets that got a record.', read: ({ state }) => String(state.number) },
    reset: { doc: 'Begins again with 1.', write: ({ state }) => void (state.number = 0) },
  },
  examples: [
    example('writes numbers and the time', [datagram(new Uint8Array(21).fill(1)), datagram(new Uint8Array(20))], { out: [datagram(Uint8Array.from([...words(1, 1_000_000_000, 1000, 0, 0), 1])), datagram(words(2, 1_000_000_000, 2000, 0, 0))] }, { config: '0' }),
    example('writes the time that has passed', datagram(words(7, 999_999_998, 999_999_000, 0, 0)), { out: datagram(words(7, 999_999_998, 999_999_000, 1, 2000)) }, { config: '0, DELTA true' }),
    example('drops what has no room for it', [datagram(new Uint8Array(19)), new Uint8Array(7)], { drop: ['short', 'short'] }, { config: '0' }),
    example('drops what is no IP', new Uint8Array(60), { drop: 'not_ip' }, { config: '0' }),
    example('drops IPv6 without UDP', Uint8Array.from([0x60, ...new Uint8Array(80)]), { drop: 'not_udp' }, { config: '0' }),
  ],
});
