/**
 * Puts an Ethernet header in front of IPv4 packets, for the next hop that their destination annotation names. It asks
 * for MAC addresses by ARP (RFC 826), keeps packets meanwhile, and remembers the answers.
 *
 * Input 0 takes IPv4 packets, input 1 ARP responses as Ethernet frames. Queries leave by output 0, or by output
 * 1 where that is connected. Broadcasts and multicasts need no asking (RFC 1112, 6.4).
 *
 * As in Click an address is asked for when a packet for it comes: every 100 ms at most, and every 2 s after ten questions without an
 * answer; packets wait until TIMEOUT. With RETRIES it is asked for once a second at most (RFC 1122, 2.3.2.1), RETRIES times
 * more though no other packet comes, and then its packets are dropped as `unresolved`.
 *
 * As in Click each response counts that gets here, whoever asked: so hosts can tell of a new MAC address. What others are told does not
 * get here if the responses come by `arp[6:2] == 2 && dst ETH`, or by a HostEtherFilter. When the table is full, the address that was heard
 * of longest ago gives way, and the packets that waited for it are dropped as `unresolved`. Old addresses are searched for after TIMEOUT
 * whole seconds, and then always a second later: until then, their packets wait.
 */
import { ANNOTATIONS, type ArgumentScope, arp, ARP_REPLY, ARP_REQUEST, background, bool, consumed, type Counter, defineElement, drop, duration, ethernet, ETHERNET_BROADCAST, ETHERTYPE, example, flag, formatIpv4, HandlerError, integer, ipv4, ipv4Address, kept, macAddress, many, type Packet, type Packets, type Parsed, parsed, push, readIpv4, readPrefix, register, tableSlots, text, TIME_RANGE, u16, type u32, type u48, type u53, u8, type Verdict } from 'wirelet';
import { firstSearch, hostHandlers, hostState, nextSearch, takeHosts, takeTurn, type HostState } from './host-table.js';
import { dropStale, giveUp, limitsOf, makeRoom, searchOld, slotOf, takeWaiting, waitingState } from './waiting.js';

interface Own {
  readonly address: number;
  /** Bits of the prefix that it was given with. */
  readonly length: number;
  /** Broadcast address of its network, or -1. */
  readonly broadcast: number;
  readonly mac: number;
}

/** An address, one with its network, or the name of an interface. */
function readOwn(text: string, scope: ArgumentScope): Parsed<Own> {
  const given = readPrefix(text, scope);
  const address = given?.address ?? readIpv4(text, scope);
  if (address === undefined) return { error: `expected an IPv4 address or the name of an interface, got "${text}"` };
  const mac = scope.address(text, 'mac');
  const broadcast = given !== undefined && given.length < 31 ? (given.address | ~given.mask) >>> 0 : -1;
  return { value: { address, length: given?.length ?? 32, broadcast, mac: typeof mac === 'number' ? mac : -1 } };
}

const ownText = ({ address, length }: Own): string => `${formatIpv4(address)}${length < 32 ? `/${length}` : ''}`;

function addressValue(value: string, scope: ArgumentScope): number {
  const address = readIpv4(value.trim(), scope);
  if (address === undefined) throw new HandlerError('expected IP address');
  return address;
}

/** Between questions for an address, with RETRIES. */
const QUERY_INTERVAL_US = 1_000_000;
/** And without: the first ten, and the others. */
const POLL_INTERVAL_US = 100_000;
const SELDOM_INTERVAL_US = 2_000_000;
const POLLS_OFTEN = 10;
/** The table is not searched for addresses to ask for again more often than this. */
const SCAN_INTERVAL_US = 50_000;
const VLAN = ANNOTATIONS.vlan_tci.offset;
const QUERY_BYTES = ethernet.size + arp.size;

/** Writes the ARP request of a station with `mac` and `address` for `wanted` into a packet of zeros. */
function writeQuery(packet: Packet, to: u48, mac: u48, address: u32, wanted: u32): void {
  const frame = ethernet.at(packet);
  frame.destination = to;
  frame.source = mac;
  frame.type = ETHERTYPE.arp;
  const request = arp.atOffset(packet, ethernet.size);
  request.hardware_type = 1;
  request.protocol_type = ETHERTYPE.ipv4;
  request.hardware_length = 6;
  request.protocol_length = 4;
  request.operation = ARP_REQUEST;
  request.sender_mac = mac;
  request.sender_address = address;
  request.target_address = wanted;
}

/** Times end here: see TIME_RANGE. */
const LAST_US = 4_503_599_627_370_496;
const later = (now: u53, microseconds: u53): u53 => Math.min(LAST_US, now + microseconds);

/** Notes that a slot's address is asked for. */
function noteAsked(hosts: HostState['hosts'], slot: number, now: u53, retries: number): void {
  hosts.asked_us[slot] = now;
  if (retries === 0 && hosts.queries[slot]! < POLLS_OFTEN) hosts.queries[slot] = u8(hosts.queries[slot]! + 1);
}

interface Asking {
  readonly built: { readonly mac: u48; readonly address: u32 };
  readonly counters: { readonly queries: Counter };
  readonly outputs: { readonly length: number; readonly [index: number]: Verdict };
  readonly packets: Packets;
  emit(output: Verdict, packet: Packet): void;
}

/** Sends a query for `wanted`, if there is room for it, with the time stamp and the VLAN of the packet that it is for. */
function ask({ built, counters, outputs, packets, emit }: Asking, to: u48, wanted: u32, seconds: u32, nanoseconds: u32, vlan: u16): void {
  const asking = packets.ofLength(QUERY_BYTES);
  if (asking === null) return;
  writeQuery(asking, to, built.mac, built.address, wanted);
  asking.timestampSeconds = seconds;
  asking.timestampNanoseconds = nanoseconds;
  asking.setAnnotationU8(VLAN, vlan >>> 8);
  asking.setAnnotationU8(VLAN + 1, vlan & 0xff);
  counters.queries.add(1);
  emit(outputs[outputs.length - 1]!, asking);
}

/** The MAC address that an ARP response tells; -1: it is none for IPv4 over Ethernet, or no host's address. */
function answeredMac(packet: Packet): number {
  if (packet.length < QUERY_BYTES) return -1;
  const response = arp.atOffset(packet, ethernet.size);
  if (ethernet.at(packet).type !== ETHERTYPE.arp || response.operation !== ARP_REPLY) return -1;
  if (response.hardware_type !== 1 || response.hardware_length !== 6) return -1;
  if (response.protocol_type !== ETHERTYPE.ipv4 || response.protocol_length !== 4) return -1;
  return ethernet.isGroup(response.sender_mac) || response.sender_address === 0 ? -1 : response.sender_mac;
}

interface Counted {
  readonly drops: Readonly<Record<string, number>>;
  readonly state: { readonly forgiven: number; readonly lost_before: number; readonly stale: number };
}

/** Packets that were dropped before anybody was asked, since handlers last began to count. */
const unasked = ({ drops, state }: Counted): number => drops.no_destination! + drops.no_address! - state.forgiven;

/** Packets that waited in vain, or found no room to wait. */
const unanswered = ({ drops, state }: Counted): number => drops.unresolved! + drops.pending_full! + drops.table_full! + state.stale + state.lost_before;

const config = '10.0.0.1, 02:00:00:00:00:01';
const retries = `${config}, RETRIES 2`;
const packet = { ...ipv4.make({ destination: 0x0a00_0002 }), destinationAddress: 0x0a00_0002 };
const query = ethernet.make({ destination: ETHERNET_BROADCAST, source: 0x0200_0000_0001, type: ETHERTYPE.arp }, arp.make({ operation: 1, sender_mac: 0x0200_0000_0001, sender_address: 0x0a00_0001, target_mac: 0, target_address: 0x0a00_0002 }));
const overheard = ethernet.make({ destination: 0x0200_0000_0001, source: 0x0200_0000_0002, type: ETHERTYPE.arp }, arp.make({ operation: 2, sender_mac: 0x0200_0000_0002, sender_address: 0x0a00_0002, target_mac: 0x0200_0000_0003, target_address: 0x0a00_0003 }));
const multicast = { ...ipv4.make({ destination: 0xe000_0005 }), destinationAddress: 0xe000_0005 };

export default defineElement({
  name: 'ARPQuerier',
  config: {
    ip: parsed<Own>('own address', { doc: 'The address to ask from, with its network if broadcasts shall be known; or the name of an interface.' }, readOwn, ownText),
    eth: { ...macAddress({ required: false, doc: 'Its MAC address; without it, that of the interface IP names.' }), behindKeywords: true },
    capacity: integer({ default: 2048, max: 65_536, keyword: true, doc: 'Packets kept at once; one more, and the oldest addresses give up theirs. 0: 4096.' }),
    entry_capacity: integer({ default: 0, max: 2 ** 20, keyword: true, doc: 'Addresses remembered at once; 0: 1024.' }),
    entry_packet_capacity: integer({ default: 0, max: 65_536, keyword: true, doc: 'Packets kept for one address; 0: as many as CAPACITY.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which an answer is forgotten; 0: never.' }),
    poll_timeout: duration({ default: 60e6, keyword: true, doc: 'Age at which an address in use is asked for again; 0: never.' }),
    broadcast: ipv4Address({ required: false, keyword: true, doc: 'Broadcast address of the network.' }),
    table: text({ default: '', keyword: true, doc: 'An ARPTable that remembers the addresses, in place of this element.' }),
    capacity_slim_factor: integer({ default: 2, keyword: true, doc: 'The part of CAPACITY that is given up when it is not enough: 1 / CAPACITY_SLIM_FACTOR.' }),
    retries: integer({ default: 0, max: 255, keyword: true, doc: 'How often it asks again, a second apart, though no other packet comes. 0: it asks when a packet comes.' }),
    broadcast_poll: bool({ default: false, keyword: true, doc: 'Ask again by broadcast rather than the known address.' }),
  },
  ports: {
    inputs: push(many('0: IPv4 packets with a destination annotation; 1: ARP responses in Ethernet frames.', { min: 1, max: 2 })),
    outputs: push(many('0: Ethernet frames with these packets; queries too, unless output 1 is connected.', { min: 1, max: 2 })),
  },
  counters: { queries: 'Queries sent.', responses: 'Packets by input 1 that were long enough for a response.' },
  drops: {
    no_destination: 'The packet has no destination annotation.',
    no_address: 'There is no address to ask from: a handler took it away.',
    unresolved: 'Nobody answered for its next hop.',
    pending_full: 'No room to keep it until an answer comes.',
    table_full: 'No room for another address.',
    bad_response: 'It is not an ARP response for IPv4 over Ethernet.',
  },
  endsLoops: 'Each packet that enters leaves once, with an Ethernet header.',
  peers: ({ table: shared }) => (shared === '' ? [] : [shared]),
  split: 'answers',
  state({ config, elements }) {
    const { capacity, entry_capacity } = limitsOf(config, elements);
    return {
      warned: flag(),
      /** Drops before handlers last began to count. */
      forgiven: register({ low: -LAST_US, high: LAST_US }),
      /** Packets that waited in vain in the configuration before. */
      lost_before: register('u53'),
      /** When old addresses are searched for next. */
      search_us: register(TIME_RANGE),
      // Where TABLE names another table, this one stays empty.
      ...hostState(config.table === '' ? entry_capacity : 1),
      ...waitingState(entry_capacity, capacity),
    };
  },
  build({ config, elements, chatter, fail }) {
    const shared = config.table !== '';
    if (shared && elements.named(config.table)?.className !== 'ARPTable') return fail(`"${config.table}" is no ARPTable`);
    const mac = config.eth ?? config.ip.mac;
    if (mac < 0) return fail('it has no MAC address to ask from', 'Write ARPQuerier(IP, ETH), or the name of an interface with an address.');
    if (config.capacity_slim_factor === 0) return fail('CAPACITY_SLIM_FACTOR cannot be zero', undefined, 'CAPACITY_SLIM_FACTOR cannot be zero');
    const { capacity, entry_capacity, entry_packet_capacity, capacity_slim_factor, timeout, exact } = limitsOf(config, elements);
    const perEntry = entry_packet_capacity === 0 ? capacity + 1 : entry_packet_capacity;
    // What is given up leaves so many, the packet included that finds no room.
    const slim = Math.max(1, capacity - Math.trunc(capacity / Math.max(1, capacity_slim_factor))) - 1;
    const broadcast = config.broadcast ?? config.ip.broadcast;
    return { chatter, perEntry, slim, address: config.ip.address, mac, timeout, first_us: firstSearch(timeout), next_us: nextSearch(timeout), broadcasts: broadcast < 0 ? [0xffff_ffff] : [0xffff_ffff, broadcast], shared, exact, slots: tableSlots(entry_capacity) };
  },
  initialize({ built, state, clock, timers }) {
    if (built.timeout === 0) return;
    state.search_us = later(clock.microseconds, built.first_us);
    timers.search.at(state.search_us);
  },
  process(packet, querier) {
    const { config, built, state, counters, outputs, port, clock, timers, peers, emit, log } = querier;
    const { pending } = state;
    const known = built.shared ? peers[0]!.state : state;
    const { hosts } = known;
    const now = clock.microseconds;
    if (port === 1) {
      if (packet.length >= QUERY_BYTES) counters.responses.add(1);
      const mac = answeredMac(packet);
      if (mac < 0) return drop('bad_response');
      dropStale(querier);
      const sender = arp.atOffset(packet, ethernet.size).sender_address;
      const slot = slotOf(querier, known, sender);
      if (slot < 0) return drop('table_full');
      takeTurn(known, slot);
      hosts.mac[slot] = mac;
      hosts.known[slot] = 1;
      hosts.queries[slot] = 0;
      if (config.retries === 0) hosts.asked_us[slot] = 0;
      hosts.seen_us[slot] = now;
      if (state.wanted[slot] !== sender) giveUp(querier, slot);
      for (let count = 0; count < built.perEntry; count += 1) {
        const held = pending.take(slot);
        if (held === null) break;
        ethernet.at(held).destination = mac;
        emit(outputs[0], held);
      }
      return consumed;
    }
    if (built.address === 0) return drop('no_address');
    const address = packet.destinationAddress;
    if (address === 0) {
      if (built.chatter.length > 0 && !state.warned) {
        state.warned = true;
        log.text(built.chatter);
        log.text(' :: ARPQuerier: would query for 0.0.0.0; missing dest IP addr annotation?');
        log.end();
      }
      return drop('no_destination');
    }
    packet.prepend(14);
    const header = ethernet.at(packet);
    header.source = built.mac;
    header.type = ETHERTYPE.ipv4;
    if (ipv4.isMulticast(address)) {
      header.destination = 0x0100_5e00_0000 + (address & 0x7f_ffff);
      return outputs[0];
    }
    for (const other of built.broadcasts) {
      if (address === other) {
        header.destination = ETHERNET_BROADCAST;
        return outputs[0];
      }
    }
    const found = hosts.find(address);
    const fresh = found >= 0 && hosts.known[found] === 1 && (built.timeout === 0 || now - hosts.seen_us[found] <= built.timeout);
    const often = found < 0 || hosts.queries[found] < POLLS_OFTEN;
    const pause = config.retries > 0 ? QUERY_INTERVAL_US : often ? POLL_INTERVAL_US : SELDOM_INTERVAL_US;
    if (fresh && (config.poll_timeout === 0 || now - hosts.seen_us[found] < config.poll_timeout || now - hosts.asked_us[found] < pause)) {
      header.destination = hosts.mac[found];
      return outputs[0];
    }
    dropStale(querier);
    const slot = slotOf(querier, known, address);
    if (slot < 0) return drop('table_full');
    if (found < 0) {
      hosts.mac[slot] = ETHERNET_BROADCAST;
      hosts.seen_us[slot] = now;
      takeTurn(known, slot);
    }
    const seconds = packet.timestampSeconds;
    const nanoseconds = packet.timestampNanoseconds;
    const vlan = u16(packet.annotationU8(VLAN) * 256 + packet.annotationU8(VLAN + 1));
    const asks = hosts.asked_us[slot] === 0 || now - hosts.asked_us[slot] >= pause;
    if (fresh) {
      header.destination = hosts.mac[slot];
      if (asks) {
        noteAsked(hosts, slot, now, config.retries);
        ask(querier, config.broadcast_poll ? ETHERNET_BROADCAST : hosts.mac[slot], address, seconds, nanoseconds, vlan);
      }
      return outputs[0];
    }
    hosts.known[slot] = 0;
    // Who is still asked for is not given up yet.
    if (config.retries === 0 && built.timeout > 0 && now - hosts.seen_us[slot] > built.timeout) hosts.seen_us[slot] = Math.max(0, now - built.timeout);
    if (state.wanted[slot] !== address) giveUp(querier, slot);
    if (pending.count(slot) >= built.perEntry) return drop('pending_full');
    if (pending.full) makeRoom(querier, known);
    state.wanted[slot] = address;
    pending.append(slot, packet);
    if (!timers.retry.pending) {
      if (config.retries > 0) timers.retry.after(QUERY_INTERVAL_US);
      else if (built.timeout > 0) timers.retry.at(state.search_us);
    }
    // The answer may come back before this returns, and finds the packet.
    if (asks) {
      noteAsked(hosts, slot, now, config.retries);
      ask(querier, ETHERNET_BROADCAST, address, seconds, nanoseconds, vlan);
    }
    return kept;
  },
  timers: {
    /** Forgets old addresses. A run that ends when it is idle does not wait for that, but for what becomes of its packets: see retry. */
    search: background((querier) => {
      const { built, state, clock, timers, peers } = querier;
      searchOld(querier, built.shared ? peers[0]!.state : state);
      state.search_us = later(clock.microseconds, built.next_us);
      timers.search.at(state.search_us);
    }),
    /** Drops packets that wait for too long; with RETRIES, asks again for those that did not answer, and gives up after some times. */
    retry(querier) {
      const { config, built, state, clock, timers, peers } = querier;
      const { pending } = state;
      const known = built.shared ? peers[0]!.state : state;
      const { hosts } = known;
      const now = clock.microseconds;
      dropStale(querier);
      if (config.retries === 0) {
        searchOld(querier, known);
        if (pending.length > 0 && built.timeout > 0) timers.retry.at(state.search_us > now ? state.search_us : later(now, built.next_us));
        return;
      }
      let wait = QUERY_INTERVAL_US;
      for (let slot = 0; slot < built.slots; slot += 1) {
        if (pending.count(slot) > 0) {
          const left = hosts.asked_us[slot] + QUERY_INTERVAL_US - now;
          if (!hosts.occupied(slot) || hosts.address[slot] !== state.wanted[slot]) {
            giveUp(querier, slot);
          } else if (left > 0) {
            wait = Math.min(wait, left);
          } else if (hosts.queries[slot] >= config.retries) {
            giveUp(querier, slot);
            hosts.remove(slot);
          } else {
            hosts.queries[slot] = u8(hosts.queries[slot] + 1);
            hosts.asked_us[slot] = now;
            ask(querier, ETHERNET_BROADCAST, hosts.address[slot], 0, 0, 0);
          }
        }
      }
      if (pending.length > 0) timers.retry.after(Math.max(wait, SCAN_INTERVAL_US));
    },
  },
  handlers: {
    ...hostHandlers,
    length: { doc: 'Packets kept.', read: ({ state }) => String(state.pending.length - state.stale) },
    queries: { doc: 'Queries sent.', read: ({ counters }) => String(counters.queries.value) },
    responses: { doc: 'Responses that came.', read: ({ counters }) => String(counters.responses.value) },
    drops: { doc: 'Packets dropped because they have no destination.', read: (element) => String(unasked(element)) },
    stats: { doc: 'Packets dropped and queries sent.', read: (element) => `${unasked(element) + unanswered(element)} packets killed\n${element.counters.queries.value} ARP queries sent\n` },
    ipaddr: {
      doc: 'The address to ask from.',
      read: ({ config }) => formatIpv4(config.ip.address),
      write: ({ config, replace, scope }, value) => replace('ip', { ...config.ip, address: addressValue(value, scope) }),
    },
    broadcast: {
      doc: 'Broadcast address of the network.',
      read: ({ config }) => formatIpv4(config.broadcast ?? (config.ip.broadcast < 0 ? 0xffff_ffff : config.ip.broadcast)),
      write: ({ replace, scope }, value) => replace('broadcast', addressValue(value, scope)),
    },
    clear: {
      doc: 'Forgets all addresses, drops the packets that are kept, and begins to count anew.',
      write(element) {
        const { counters, drops, state, timers } = element;
        hostHandlers['clear']!.write!(element, '');
        counters.queries.value = 0;
        counters.responses.value = 0;
        state.forgiven = drops.no_destination! + drops.no_address!;
        state.stale = state.pending.length;
        if (state.stale > 0) timers.retry!.after(0);
      },
    },
  },
  reconfigurable: true,
  // An ARPTable that it uses has taken the addresses over before.
  takeOver(element, before) {
    const { config, built, state, counters, timers } = element;
    const isSame = built.address === before.built.address && built.mac === before.built.mac && String(built.broadcasts) === String(before.built.broadcasts);
    if (!isSame) return;
    counters.queries.value = before.counters.queries.value;
    counters.responses.value = before.counters.responses.value;
    state.forgiven = -unasked(before);
    state.lost_before = unanswered(before);
    if (built.shared !== before.built.shared || config.table !== before.config.table) return;
    if (built.shared) takeWaiting(element, before);
    else takeHosts(element, before, (old, slot) => {
      for (let packet = before.state.pending.take(old); packet !== null; packet = before.state.pending.take(old)) if (!state.pending.full) state.pending.append(slot, packet);
      state.wanted[slot] = state.hosts.address[slot];
    });
    if (state.pending.length === 0) return;
    if (config.retries > 0) timers.retry!.after(QUERY_INTERVAL_US);
    else if (built.timeout > 0) timers.retry!.at(state.search_us);
  },
  examples: [
    example('asks for the next hop, three times, then gives up', packet, { 0: [query, query, query], drop: 'unresolved' }, { config: retries, inputs: 2, outputs: 1 }),
    example('sends multicasts at once', multicast, { 0: ethernet.make({ destination: 0x0100_5e00_0005, source: 0x0200_0000_0001 }, multicast.bytes) }, { config, inputs: 2, outputs: 1 }),
    example('sends broadcasts of its network at once', { ...packet, destinationAddress: 0x0a00_00ff }, { 0: ethernet.make({ destination: ETHERNET_BROADCAST, source: 0x0200_0000_0001 }, packet.bytes) }, { config: '10.0.0.1/24, 02:00:00:00:00:01', inputs: 2, outputs: 1 }),
    example('asks by its second output', packet, { 1: [query], drop: 'unresolved' }, { config, inputs: 2, outputs: 2 }),
    example('asks when a packet comes, and gives up at the end of TIMEOUT', [packet, packet], { 0: query, drop: ['unresolved', 'unresolved'] }, { config: `${config}, TIMEOUT 2s`, inputs: 2, outputs: 1 }),
    example('keeps no more packets for one address than it should', [packet, packet, packet], { 0: [query, query, query], drop: ['pending_full', 'unresolved', 'unresolved'] }, { config: `${retries}, ENTRY_PACKET_CAPACITY 2`, inputs: 2, outputs: 1 }),
    example('believes what others were told', [{ ...overheard, input: 1 }, packet], { 0: ethernet.make({ destination: 0x0200_0000_0002, source: 0x0200_0000_0001 }, packet.bytes) }, { config, inputs: 2, outputs: 1, counters: { responses: 1 } }),
    example('does not believe that a host has a group address', ethernet.make({ type: ETHERTYPE.arp }, arp.make({ operation: 2, sender_mac: ETHERNET_BROADCAST, sender_address: 0x0a00_0002, target_address: 0x0a00_0001 })), { drop: 'bad_response' }, { config, input: 1, inputs: 2, outputs: 1 }),
    example('drops a response that is cut off', overheard.bytes.subarray(0, 41), { drop: 'bad_response' }, { config, input: 1, inputs: 2, outputs: 1 }),
    example('needs an annotation', ipv4.make({}), { drop: 'no_destination' }, { config, inputs: 2, outputs: 1 }),
  ],
});
