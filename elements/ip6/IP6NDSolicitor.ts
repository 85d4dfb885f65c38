/**
 * Puts an Ethernet header in front of IPv6 packets, for the next hop that their destination annotation names. It asks for MAC addresses by
 * neighbour discovery (RFC 4861, 7.2), keeps packets meanwhile, and remembers the answers: what ARPQuerier is for IPv4.
 *
 * Input 0 takes IPv6 packets, input 1 neighbour advertisements as Ethernet frames. Solicitations leave by output 0, or by output 1 where that is
 * connected. An address is asked for once a second, three times; then its packets are dropped as `unresolved`. Multicasts need no asking
 * (RFC 2464, 7).
 */
import { consumed, defineElement, drop, duration, ethernet, example, formatIpv6, formatMacDashed, integer, ipv6, ipv6Address, kept, macAddress, many, packetLists, push, table, tableSlots, TIME_RANGE, u8 } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';
import { advertisement, solicitation } from './neighbour-example.js';
import { ADVERTISEMENT, ETHERTYPE_IPV6, FRAME_BYTES, isMessage, linkAddress, TARGET_OPTION, targetWord, writeSolicitation } from './neighbour.js';

const QUERY_INTERVAL_US = 1_000_000;
const QUERIES_MAX = 3;
/** The table is not searched for addresses to ask for again more often than this. */
const SCAN_INTERVAL_US = 50_000;

const config = '2001:db8::1, 02:00:00:00:00:01';
const before = 'GetIP6Address(24)';
const packet = ipv6.make({ source: '2001:db8::1', destination: '2001:db8::2' }, Uint8Array.from([1, 2]));
const query = solicitation('2001:db8::1', 0x0200_0000_0001, '2001:db8::2');
const multicast = ipv6.make({ destination: 'ff02::5' });

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
  counters: { queries: 'Solicitations sent.', responses: 'Advertisements taken.' },
  drops: {
    unresolved: 'Nobody answered for its next hop.',
    pending_full: 'No room to keep it until an answer comes.',
    table_full: 'No room for another address.',
    unsolicited: 'It is about an address that no packet was sent to.',
    bad_response: 'It is not a right neighbour advertisement.',
  },
  endsLoops: 'Each packet that enters leaves once, with an Ethernet header.',
  state: ({ config }) => ({
    hosts: table({
      key: { word0: 'u32', word1: 'u32', word2: 'u32', word3: 'u32' },
      fields: { mac: 'u48', known: 'u8', queries: 'u8', seen_us: TIME_RANGE, asked_us: TIME_RANGE },
      capacity: config.entry_capacity,
      evict: 'seen_us',
    }),
    pending: packetLists(tableSlots(config.entry_capacity), config.capacity),
  }),
  build: ({ config }) => ({ slots: tableSlots(config.entry_capacity) }),
  process(packet, { config, state, counters, outputs, port, clock, timers, packets, emit }) {
    const { hosts, pending } = state;
    const now = clock.microseconds;
    if (port === 1) {
      if (!isMessage(packet, ADVERTISEMENT)) return drop('bad_response');
      const mac = linkAddress(packet, TARGET_OPTION);
      if (ethernet.isGroup(mac)) return drop('bad_response');
      counters.responses.add(1);
      const slot = hosts.find(targetWord(packet, 0), targetWord(packet, 1), targetWord(packet, 2), targetWord(packet, 3));
      if (slot < 0) return drop('unsolicited');
      hosts.mac[slot] = mac;
      hosts.known[slot] = 1;
      hosts.queries[slot] = 0;
      hosts.seen_us[slot] = now;
      for (let count = 0; count < config.entry_packet_capacity; count += 1) {
        const held = pending.take(slot);
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
    packet.prepend(14);
    packet.markMacHeader(0);
    const header = ethernet.at(packet);
    header.source = config.eth;
    header.type = ETHERTYPE_IPV6;
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
        emit(drop('unresolved'), lost);
      }
    }
    const slot = hosts.insert(word0, word1, word2, word3);
    if (slot < 0) return drop('table_full');
    if (hosts.asked_us[slot] === 0 || now - hosts.asked_us[slot] >= QUERY_INTERVAL_US) {
      hosts.asked_us[slot] = now;
      const asking = packets.ofLength(FRAME_BYTES);
      if (asking !== null) {
        writeSolicitation(asking, config.eth, config.ip, word0, word1, word2, word3);
        counters.queries.add(1);
        emit(outputs[outputs.length - 1], asking);
      }
    }
    hosts.known[slot] = 0;
    hosts.seen_us[slot] = now;
    if (pending.full || pending.count(slot) >= config.entry_packet_capacity) return drop('pending_full');
    pending.append(slot, packet);
    if (!timers.retry.pending) timers.retry.after(QUERY_INTERVAL_US);
    return kept;
  },
  timers: {
    /** Asks again for those that did not answer, gives up after some times. */
    retry({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
      const { hosts, pending } = state;
      const now = clock.microseconds;
      let wait = QUERY_INTERVAL_US;
      for (let slot = 0; slot < built.slots; slot += 1) {
        if (pending.count(slot) > 0) {
          const left = hosts.asked_us[slot] + QUERY_INTERVAL_US - now;
          if (left > 0) {
            wait = Math.min(wait, left);
          } else if (hosts.queries[slot] + 1 >= QUERIES_MAX) {
            for (let count = 0; count < config.entry_packet_capacity; count += 1) {
              const lost = pending.take(slot);
              if (lost === null) break;
              emit(drop('unresolved'), lost);
            }
            hosts.remove(slot);
          } else {
            hosts.queries[slot] = u8(hosts.queries[slot] + 1);
            hosts.asked_us[slot] = now;
            const asking = packets.ofLength(FRAME_BYTES);
            if (asking !== null) {
              writeSolicitation(asking, config.eth, config.ip, hosts.word0[slot], hosts.word1[slot], hosts.word2[slot], hosts.word3[slot]);
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
      doc: 'The addresses, a line each: whether the MAC address is known, and which it is.',
      read({ state }) {
        const hosts = state.hosts as any;
        let text = '';
        for (let slot = 0; slot < hosts.slots; slot += 1) {
          if (!hosts.occupied(slot)) continue;
          const address = formatIpv6([hosts.word0[slot], hosts.word1[slot], hosts.word2[slot], hosts.word3[slot]]);
          text += `${address} ${hosts.known[slot] === 1 ? 1 : 0} ${formatMacDashed(hosts.mac[slot])}\n`;
        }
        return text;
      },
    },
    stats: { doc: 'Packets dropped and solicitations sent.', read: ({ counters, drops }) => `${Object.values(drops).reduce((total, count) => total + count, 0)} packets killed\n${counters.queries.value} ND queries sent\n` },
  },
  examples: [
    example('asks for the next hop, three times, then gives up', packet, { 0: [query, query, query], drop: 'unresolved' }, { config, before, inputs: 2, outputs: 1 }),
    example('asks by its second output', packet, { 1: [query, query, query], drop: 'unresolved' }, { config, before, inputs: 2, outputs: 2 }),
    example('sends multicasts at once', multicast, { 0: ethernet.make({ destination: 0x3333_0000_0005, source: 0x0200_0000_0001, type: 0x86dd }, multicast) }, { config, before, inputs: 2, outputs: 1 }),
    example('does not believe what it did not ask for', advertisement('2001:db8::2', 2, '2001:db8::1', 0x0200_0000_0001), { drop: 'unsolicited' }, { config, input: 1, inputs: 2, outputs: 1, counters: { responses: 1 } }),
    example('drops what is no advertisement', query, { drop: 'bad_response' }, { config, input: 1, inputs: 2, outputs: 1 }),
  ],
});
