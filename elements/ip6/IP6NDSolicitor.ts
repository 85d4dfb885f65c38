/**
 * Puts an Ethernet header in front of IPv6 packets, for the next hop that their destination annotation names. It asks for MAC addresses by
 * neighbour solicitations (RFC 4861), keeps packets meanwhile, and remembers the answers: what ARPQuerier does for IPv4.
 *
 * Input 0 takes IPv6 packets, input 1 neighbour advertisements as Ethernet frames. Solicitations leave by output 0, or by output 1 where that
 * is connected, to the solicited-node multicast address. A neighbour is asked for once a second (RETRANS_TIMER), three times
 * (MAX_MULTICAST_SOLICIT, 7.2.2); then its packets are dropped as `unresolved`. Multicasts need no asking (RFC 2464, 7).
 *
 * An advertisement counts if its address was asked for (7.2.5). When the table is full, the address that was heard of longest ago gives way,
 * and the packets that waited for it are dropped as `unresolved`.
 */
import { checksum, consumed, defineElement, drop, duration, ethernet, ETHERTYPE, example, formatClickIpv6, formatMacDashed, icmp6, ICMP6_TYPE, integer, ipv6, ipv6Address, IPV6_NEXT_HEADER, kept, LINK_ADDRESS_OPTION, macAddress, many, type Packet, packetLists, pseudoHeaderSum6, push, table, tableSlots, TIME_RANGE, u8, type u32, type u48 } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';

const INTERVAL_US = 1_000_000;
const SOLICITATIONS_MAX = 3;
/** The table is not searched for addresses to ask for again more often than this. */
const SCAN_INTERVAL_US = 50_000;
const MESSAGE = ethernet.size + ipv6.size;
const SOLICITATION_BYTES = 32;
const QUERY_BYTES = MESSAGE + SOLICITATION_BYTES;
const ADVERTISEMENT_BYTES_MIN = 24;

/** Writes the solicitation of a station with `mac` for an address into a packet of zeros (RFC 4861, 4.3); its own address is there. */
function writeQuery(packet: Packet, mac: u48, own0: u32, own1: u32, own2: u32, own3: u32, to0: u32, to1: u32, to2: u32, to3: u32): void {
  const frame = ethernet.at(packet);
  frame.destination = 0x3333_ff00_0000 + (to3 & 0xff_ffff);
  frame.source = mac;
  frame.type = ETHERTYPE.ipv6;
  const header = ipv6.atOffset(packet, ethernet.size);
  header.version = 6;
  header.payload_length = SOLICITATION_BYTES;
  header.next_header = IPV6_NEXT_HEADER.icmp6;
  header.hop_limit = 255;
  header.source_0 = own0;
  header.source_1 = own1;
  header.source_2 = own2;
  header.source_3 = own3;
  header.destination_0 = 0xff02_0000;
  header.destination_2 = 1;
  header.destination_3 = 0xff00_0000 + (to3 & 0xff_ffff);
  const message = icmp6.atOffset(packet, MESSAGE);
  message.type = ICMP6_TYPE.neighbour_solicitation;
  message.target_0 = to0;
  message.target_1 = to1;
  message.target_2 = to2;
  message.target_3 = to3;
  packet.storeU8(MESSAGE + 24, LINK_ADDRESS_OPTION.source);
  packet.storeU8(MESSAGE + 25, 1);
  packet.storeU48(MESSAGE + 26, mac);
  message.checksum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, ethernet.size, IPV6_NEXT_HEADER.icmp6, SOLICITATION_BYTES), checksum.sum(packet, MESSAGE, SOLICITATION_BYTES)));
}

/** The MAC address that an advertisement tells, in its option or by who sent it; -1: it is none, or a wrong one (RFC 4861, 7.1.2). */
function advertisedMac(packet: Packet): number {
  if (packet.length < MESSAGE + ADVERTISEMENT_BYTES_MIN) return -1;
  const frame = ethernet.at(packet);
  const header = ipv6.atOffset(packet, ethernet.size);
  const message = icmp6.atOffset(packet, MESSAGE);
  const length = header.payload_length;
  if (frame.type !== ETHERTYPE.ipv6 || header.version !== 6 || header.next_header !== IPV6_NEXT_HEADER.icmp6 || header.hop_limit !== 255) return -1;
  if (message.type !== ICMP6_TYPE.neighbour_advertisement || message.code !== 0 || message.target_0 >>> 24 === 0xff) return -1;
  if (length < ADVERTISEMENT_BYTES_MIN || MESSAGE + length > packet.length) return -1;
  if (checksum.add(pseudoHeaderSum6(packet, ethernet.size, IPV6_NEXT_HEADER.icmp6, length), checksum.sum(packet, MESSAGE, length)) !== 0xffff) return -1;
  const told = length >= 32 && packet.loadU8(MESSAGE + 24) === LINK_ADDRESS_OPTION.target && packet.loadU8(MESSAGE + 25) === 1;
  const mac = told ? packet.loadU48(MESSAGE + 26) : frame.source;
  return ethernet.isGroup(mac) ? -1 : mac;
}

const config = '2001:db8::1, 02:00:00:00:00:01';
const to = (destination: string) => ipv6.make({ destination });
const options = { config, inputs: 2, outputs: 1, before: 'GetIP6Address(24)' };
const framed = (destination: number, packet: ReturnType<typeof to>) => ethernet.make({ destination, source: 0x0200_0000_0001, type: ETHERTYPE.ipv6 }, packet.bytes);
const query = ethernet.make({ destination: 0x3333_ff00_0002, source: 0x0200_0000_0001, type: ETHERTYPE.ipv6 }, icmp6.makeNeighbour({ source: '2001:db8::1', destination: icmp6.solicitedNode('2001:db8::2') }, ICMP6_TYPE.neighbour_solicitation, 0, '2001:db8::2', 0x0200_0000_0001));
const unasked = ethernet.make({ destination: 0x0200_0000_0001, source: 2, type: ETHERTYPE.ipv6 }, icmp6.makeNeighbour({ source: '2001:db8::2', destination: '2001:db8::1' }, ICMP6_TYPE.neighbour_advertisement, 0x6000_0000, '2001:db8::2', 2));

export default defineElement({
  name: 'IP6NDSolicitor',
  config: {
    ip: ipv6Address({ doc: 'The address to ask from.' }),
    eth: macAddress({ doc: 'Its MAC address.' }),
    capacity: integer({ default: 1024, min: 1, max: 65_536, keyword: true, doc: 'Packets kept at once.' }),
    entry_capacity: integer({ default: 1024, min: 1, max: 2 ** 20, keyword: true, doc: 'Addresses remembered at once.' }),
    entry_packet_capacity: integer({ default: 16, min: 1, max: 1024, keyword: true, doc: 'Packets kept for one address.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which an answer is forgotten; 0: never.' }),
  },
  ports: {
    inputs: push(many('0: IPv6 packets with a destination annotation; 1: neighbour advertisements in Ethernet frames.', { min: 1, max: 2 })),
    outputs: push(many('0: Ethernet frames with these packets; solicitations too, unless output 1 is connected.', { min: 1, max: 2 })),
  },
  counters: { queries: 'Solicitations sent.', responses: 'Advertisements taken.', packets_killed: 'Packets dropped that nobody answered for.' },
  drops: {
    no_destination: 'The packet has no destination annotation.',
    unresolved: 'Nobody answered for its next hop.',
    pending_full: 'No room to keep it until an answer comes.',
    table_full: 'No room for another address.',
    unsolicited: 'It advertises an address that nobody asked for.',
    bad_response: 'It is no neighbour advertisement, or a wrong one.',
  },
  endsLoops: 'Each packet that enters leaves once, with an Ethernet header.',
  split: 'answers',
  state: ({ config }) => ({
    hosts: table({
      key: { word0: 'u32', word1: 'u32', word2: 'u32', word3: 'u32' },
      fields: { mac: 'u48', known: 'u8', queries: 'u8', seen_us: TIME_RANGE, asked_us: TIME_RANGE },
      capacity: config.entry_capacity,
      evict: 'seen_us',
    }),
    pending: packetLists(tableSlots(config.entry_capacity), config.capacity),
  }),
  build: ({ config, chatter }) => ({ slots: tableSlots(config.entry_capacity), tells: chatter !== '' }),
  process(packet, { config, built, state, counters, outputs, port, clock, timers, packets, log, emit }) {
    const { hosts, pending } = state;
    const now = clock.microseconds;
    if (port === 1) {
      const mac = advertisedMac(packet);
      if (mac < 0) return drop('bad_response');
      const message = icmp6.atOffset(packet, MESSAGE);
      const found = hosts.find(message.target_0, message.target_1, message.target_2, message.target_3);
      if (found < 0) return drop('unsolicited');
      counters.responses.add(1);
      if (built.tells && hosts.known[found] === 1 && hosts.mac[found] !== mac) {
        log.text('IP6NDSolicitor overwriting an entry');
        log.end();
      }
      hosts.mac[found] = mac;
      hosts.known[found] = 1;
      hosts.queries[found] = 0;
      hosts.seen_us[found] = now;
      for (let count = 0; count < config.entry_packet_capacity; count += 1) {
        const held = pending.take(found);
        if (held === null) break;
        ethernet.at(held).destination = mac;
        emit(outputs[0], held);
      }
      return consumed;
    }
    const word0 = packet.annotationU32(DESTINATION_6);
    const word1 = packet.annotationU32(DESTINATION_6 + 4);
    const word2 = packet.annotationU32(DESTINATION_6 + 8);
    const word3 = packet.annotationU32(DESTINATION_6 + 12);
    if (word0 === 0 && word1 === 0 && word2 === 0 && word3 === 0) return drop('no_destination');
    packet.prepend(ethernet.size);
    const header = ethernet.at(packet);
    header.source = config.eth;
    header.type = ETHERTYPE.ipv6;
    if (word0 >>> 24 === 0xff) {
      header.destination = 0x3333_0000_0000 + word3;
      return outputs[0];
    }
    const found = hosts.find(word0, word1, word2, word3);
    if (found >= 0 && hosts.known[found] === 1 && (config.timeout === 0 || now - hosts.seen_us[found] <= config.timeout)) {
      header.destination = hosts.mac[found];
      return outputs[0];
    }
    const victim = hosts.victim(word0, word1, word2, word3);
    if (victim >= 0) {
      for (let count = 0; count < config.entry_packet_capacity; count += 1) {
        const lost = pending.take(victim);
        if (lost === null) break;
        counters.packets_killed.add(1);
        emit(drop('unresolved'), lost);
      }
    }
    const slot = hosts.insert(word0, word1, word2, word3);
    if (slot < 0) return drop('table_full');
    if (hosts.asked_us[slot] === 0 || now - hosts.asked_us[slot] >= INTERVAL_US) {
      hosts.asked_us[slot] = now;
      const asking = packets.ofLength(QUERY_BYTES);
      if (asking !== null) {
        writeQuery(asking, config.eth, config.ip[0], config.ip[1], config.ip[2], config.ip[3], word0, word1, word2, word3);
        counters.queries.add(1);
        emit(outputs[outputs.length - 1], asking);
      }
    }
    hosts.known[slot] = 0;
    hosts.seen_us[slot] = now;
    if (pending.full || pending.count(slot) >= config.entry_packet_capacity) return drop('pending_full');
    pending.append(slot, packet);
    if (!timers.retry.pending) timers.retry.after(INTERVAL_US);
    return kept;
  },
  timers: {
    /** Asks again for those that did not answer, gives up after some times. */
    retry({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
      const { hosts, pending } = state;
      const now = clock.microseconds;
      let wait = INTERVAL_US;
      for (let slot = 0; slot < built.slots; slot += 1) {
        if (pending.count(slot) > 0) {
          const left = hosts.asked_us[slot] + INTERVAL_US - now;
          if (left > 0) {
            wait = Math.min(wait, left);
          } else if (hosts.queries[slot] + 1 >= SOLICITATIONS_MAX) {
            for (let count = 0; count < config.entry_packet_capacity; count += 1) {
              const lost = pending.take(slot);
              if (lost === null) break;
              counters.packets_killed.add(1);
              emit(drop('unresolved'), lost);
            }
            hosts.remove(slot);
          } else {
            hosts.queries[slot] = u8(hosts.queries[slot] + 1);
            hosts.asked_us[slot] = now;
            const asking = packets.ofLength(QUERY_BYTES);
            if (asking !== null) {
              writeQuery(asking, config.eth, config.ip[0], config.ip[1], config.ip[2], config.ip[3], hosts.word0[slot], hosts.word1[slot], hosts.word2[slot], hosts.word3[slot]);
              counters.queries.add(1);
              emit(outputs[outputs.length - 1], asking);
            }
          }
        }
      }
      if (pending.length > 0) timers.retry.after(Math.max(wait, SCAN_INTERVAL_US));
    },
  },
  handlers: {
    table: {
      doc: 'The neighbours, a line each: whether the MAC address is known, and which it is.',
      read({ config, state: { hosts } }) {
        const lines: string[] = [];
        for (let slot = 0; slot < tableSlots(config.entry_capacity); slot += 1) if (hosts.occupied(slot)) lines.push(`${formatClickIpv6([hosts.word0[slot]!, hosts.word1[slot]!, hosts.word2[slot]!, hosts.word3[slot]!])} ${hosts.known[slot]!} ${formatMacDashed(hosts.mac[slot]!)}\n`);
        return lines.join('');
      },
    },
    stats: { doc: 'Packets dropped, and solicitations sent.', read: ({ counters }) => `${counters.packets_killed.value} packets killed\n${counters.queries.value} ND Solicitation Message sent\n` },
  },
  examples: [
    example('asks for the next hop, three times, then gives up', to('2001:db8::2'), { 0: [query, query, query], drop: 'unresolved' }, options),
    example('asks by its second output', to('2001:db8::2'), { 1: [query, query, query], drop: 'unresolved' }, { ...options, outputs: 2 }),
    example('sends multicasts at once', to('ff02::1:2'), { 0: framed(0x3333_0001_0002, to('ff02::1:2')) }, options),
    example('does not believe what nobody asked for', unasked, { drop: 'unsolicited' }, { config, input: 1, inputs: 2, outputs: 1 }),
    example('drops a wrong checksum', unasked.bytes.map((byte, at) => (at === 70 ? byte ^ 1 : byte)), { drop: 'bad_response' }, { config, input: 1, inputs: 2, outputs: 1 }),
    example('needs an annotation', to('2001:db8::2'), { drop: 'no_destination' }, { config, inputs: 2, outputs: 1 }),
  ],
});
