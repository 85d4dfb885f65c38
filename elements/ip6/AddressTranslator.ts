/**
 * Translates addresses, and ports where it is told so, of IPv6 packets: those that go out (first input) get another source, those that come in (second input)
 * another destination. `AddressTranslator(0, true, true, false, 2001:db8::1 1024 65535)` gives each flow that begins inside a port of one address;
 * `AddressTranslator(1, false, fd00::1 2001:db8::1, false)` maps one address to another.
 *
 * The arguments stand in this order: how many static mappings there are; if there are any, whether they map ports, too, and the mappings, `INNER MAPPED` or
 * `INNER PORT MAPPED PORT`; whether others are translated dynamically; and if so, whether by ports, whether packets that come in are given inner addresses
 * rather than those that go out mapped ones, and the addresses to give, or `ADDRESS FIRST_PORT LAST_PORT`.
 *
 * Translated are TCP, UDP and ICMPv6; pings count as flows by their identifiers, other ICMPv6 messages where only addresses are translated. What has no mapping and gets
 * none is dropped. Checksums are made anew, as in Click: a wrong one becomes right. A dynamic mapping never ends: when all addresses or ports are given away, further flows are dropped as `no_address`.
 */
import { array, below, checksum, checksummed6, defineElement, drop, example, icmp6, ICMP6_TYPE, IP_PROTOCOL, ipv6, IPV6_NEXT_HEADER, pseudoHeaderSum6, register, rest, table, tcp, text, u16, udp, type Ipv6Address, type Log, type Packet, type StateValues, type u8 } from 'wirelet';
import { readMappings, type AddressMappings } from './address-mappings.js';

/** Where the addresses stand in the header. */
const SOURCE = 8;
const DESTINATION = 24;

const TRANSLATED = 0;
const BAD = 1;
const UNTRANSLATED = 2;
const EXHAUSTED = 3;
const UNKNOWN = 4;

const NONE: AddressMappings = { statics: [], staticPorts: false, dynamic: 'none', inward: false, pool: [], lowPort: 0, highPort: 0 };

function mappingsOf(given: readonly string[]): AddressMappings {
  const read = readMappings(given);
  return 'mistake' in read ? NONE : read;
}

/** Addresses or ports that there are to give. */
function poolOf({ dynamic, pool, lowPort, highPort }: AddressMappings): number {
  return dynamic === 'ports' ? highPort - lowPort + 1 : Math.max(1, pool.length);
}

/** The words of addresses: a list for each of the four. */
function columns(addresses: readonly Ipv6Address[]): number[][] {
  return [0, 1, 2, 3].map((word) => addresses.map((address) => address[word]!));
}

/** What was given away, by number: to which address and port, and, where ports are given, for which other side. */
function givenState(count: number, ports: boolean) {
  const flows = ports ? count : 1;
  return {
    given: register({ low: 0, high: count }),
    own_0: array('u32', count), own_1: array('u32', count), own_2: array('u32', count), own_3: array('u32', count),
    own_port: array('u16', flows),
    peer_0: array('u32', flows), peer_1: array('u32', flows), peer_2: array('u32', flows), peer_3: array('u32', flows),
    peer_port: array('u16', flows),
    flows: table({ key: { own_0: 'u32', own_1: 'u32', own_2: 'u32', own_3: 'u32', peer_0: 'u32', peer_1: 'u32', peer_2: 'u32', peer_3: 'u32', ports: 'u32' }, fields: { number: below(count) }, capacity: flows }),
  };
}

interface Translation {
  readonly statics: number;
  readonly staticPorts: boolean;
  readonly inner: readonly (readonly number[])[];
  readonly mapped: readonly (readonly number[])[];
  readonly innerPorts: readonly number[];
  readonly mappedPorts: readonly number[];
  readonly byAddress: boolean;
  readonly byPort: boolean;
  readonly inward: boolean;
  readonly pool: readonly (readonly number[])[];
  readonly count: number;
  readonly lowPort: number;
  /** It says why it drops packets. */
  readonly tells: boolean;
}

/** What Click says of packets that are not translated. */
function tell(built: Translation, log: Log, result: number): void {
  if (!built.tells) return;
  if (result === UNKNOWN) {
    log.text(' discard the packet, protocol unrecognized');
    log.end();
  }
  if (result === EXHAUSTED && built.byPort) {
    log.text('AddressTranslator ran out of ports');
    log.end();
  }
}

/** Translates the source of a packet that goes out, or the destination of one that comes in. */
function translate(packet: Packet, built: Translation, state: StateValues<ReturnType<typeof givenState>>, outward: boolean): u8 {
  const base = packet.hasNetworkHeader ? packet.networkHeaderOffset : 0;
  if (base < 0 || base + ipv6.size > packet.length) return BAD;
  const next = ipv6.atOffset(packet, base).next_header;
  const at = base + ipv6.size;
  const own = base + (outward ? SOURCE : DESTINATION);
  const peer = base + (outward ? DESTINATION : SOURCE);
  let sumAt = at + 16;
  let portAt = at + (outward ? 0 : 2);
  let hasPort = true;
  let peerPort = 0;
  if (next === IP_PROTOCOL.tcp) {
    if (at + tcp.size > packet.length) return BAD;
    peerPort = packet.loadU16(at + (outward ? 2 : 0));
  } else if (next === IP_PROTOCOL.udp) {
    if (at + udp.size > packet.length) return BAD;
    peerPort = packet.loadU16(at + (outward ? 2 : 0));
    sumAt = at + 6;
  } else if (next === IPV6_NEXT_HEADER.icmp6) {
    if (at + icmp6.size > packet.length) return BAD;
    const type = packet.loadU8(at);
    hasPort = type === ICMP6_TYPE.echo || type === ICMP6_TYPE.echo_reply;
    sumAt = at + 2;
    portAt = at + 4;
  } else return UNKNOWN;
  const word0 = packet.loadU32(own);
  const word1 = packet.loadU32(own + 4);
  const word2 = packet.loadU32(own + 8);
  const word3 = packet.loadU32(own + 12);
  const port = packet.loadU16(portAt);
  let to0 = word0;
  let to1 = word1;
  let to2 = word2;
  let to3 = word3;
  let toPort = port;
  let found = false;
  const isMessage = next === IPV6_NEXT_HEADER.icmp6;
  for (let i = 0; i < built.statics; i += 1) {
    const known = outward ? built.inner[0]![i]! === word0 && built.inner[1]![i]! === word1 && built.inner[2]![i]! === word2 && built.inner[3]![i]! === word3 : built.mapped[0]![i]! === word0 && built.mapped[1]![i]! === word1 && built.mapped[2]![i]! === word2 && built.mapped[3]![i]! === word3;
    const samePort = !built.staticPorts || isMessage || (outward ? built.innerPorts[i]! : built.mappedPorts[i]!) === port;
    if (known && samePort) {
      to0 = outward ? built.mapped[0]![i]! : built.inner[0]![i]!;
      to1 = outward ? built.mapped[1]![i]! : built.inner[1]![i]!;
      to2 = outward ? built.mapped[2]![i]! : built.inner[2]![i]!;
      to3 = outward ? built.mapped[3]![i]! : built.inner[3]![i]!;
      if (built.staticPorts && !isMessage) toPort = outward ? built.mappedPorts[i]! : built.innerPorts[i]!;
      found = true;
      break;
    }
  }
  const gives = outward !== built.inward;
  if (built.byAddress && !found) {
    for (let i = 0; i < built.count; i += 1) {
      if (i >= state.given) break;
      if (gives) {
        if (state.own_0[i] === word0 && state.own_1[i] === word1 && state.own_2[i] === word2 && state.own_3[i] === word3) {
          to0 = built.pool[0]![i]!;
          to1 = built.pool[1]![i]!;
          to2 = built.pool[2]![i]!;
          to3 = built.pool[3]![i]!;
          found = true;
          break;
        }
      } else if (built.pool[0]![i]! === word0 && built.pool[1]![i]! === word1 && built.pool[2]![i]! === word2 && built.pool[3]![i]! === word3) {
        to0 = state.own_0[i]!;
        to1 = state.own_1[i]!;
        to2 = state.own_2[i]!;
        to3 = state.own_3[i]!;
        found = true;
        break;
      }
    }
    if (!found && gives) {
      const number = state.given;
      if (number >= built.count) return EXHAUSTED;
      state.own_0[number] = word0;
      state.own_1[number] = word1;
      state.own_2[number] = word2;
      state.own_3[number] = word3;
      state.given = number + 1;
      to0 = built.pool[0]![number]!;
      to1 = built.pool[1]![number]!;
      to2 = built.pool[2]![number]!;
      to3 = built.pool[3]![number]!;
      found = true;
    }
  }
  if (built.byPort && hasPort && !found) {
    const peer0 = packet.loadU32(peer);
    const peer1 = packet.loadU32(peer + 4);
    const peer2 = packet.loadU32(peer + 8);
    const peer3 = packet.loadU32(peer + 12);
    if (gives) {
      const ports = port * 65_536 + peerPort;
      let slot = state.flows.find(word0, word1, word2, word3, peer0, peer1, peer2, peer3, ports);
      if (slot < 0) {
        const number = state.given;
        if (number >= built.count) return EXHAUSTED;
        slot = state.flows.insert(word0, word1, word2, word3, peer0, peer1, peer2, peer3, ports);
        if (slot < 0) return EXHAUSTED;
        state.flows.number[slot] = number;
        state.own_0[number] = word0;
        state.own_1[number] = word1;
        state.own_2[number] = word2;
        state.own_3[number] = word3;
        state.own_port[number] = port;
        state.peer_0[number] = peer0;
        state.peer_1[number] = peer1;
        state.peer_2[number] = peer2;
        state.peer_3[number] = peer3;
        state.peer_port[number] = peerPort;
        state.given = number + 1;
      }
      to0 = built.pool[0]![0]!;
      to1 = built.pool[1]![0]!;
      to2 = built.pool[2]![0]!;
      to3 = built.pool[3]![0]!;
      toPort = u16(built.lowPort + state.flows.number[slot]!);
      found = true;
    } else if (built.pool[0]![0]! === word0 && built.pool[1]![0]! === word1 && built.pool[2]![0]! === word2 && built.pool[3]![0]! === word3) {
      const number = port - built.lowPort;
      if (number >= 0 && number < built.count && number < state.given) {
        if (state.peer_0[number] === peer0 && state.peer_1[number] === peer1 && state.peer_2[number] === peer2 && state.peer_3[number] === peer3 && state.peer_port[number] === peerPort) {
          to0 = state.own_0[number]!;
          to1 = state.own_1[number]!;
          to2 = state.own_2[number]!;
          to3 = state.own_3[number]!;
          toPort = state.own_port[number]!;
          found = true;
        }
      }
    }
  }
  if (!found) return UNTRANSLATED;
  packet.storeU32(own, to0);
  packet.storeU32(own + 4, to1);
  packet.storeU32(own + 8, to2);
  packet.storeU32(own + 12, to3);
  packet.storeU16(portAt, toPort);
  // As in Click the checksum is made anew: a wrong one becomes right, and UDP without one gets one.
  packet.storeU16(sumAt, 0);
  const bytes = u16(Math.max(0, Math.min(ipv6.atOffset(packet, base).payload_length, packet.length - at)));
  const sum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, u16(base), next, bytes), checksum.sum(packet, at, bytes)));
  packet.storeU16(sumAt, next === IP_PROTOCOL.udp && sum === 0 ? 0xffff : sum);
  return TRANSLATED;
}

const inside = 'fd00::1';
const outside = '2001:db8::9';
const segment = (source: string, source_port: number, destination: string, destination_port: number) => checksummed6(ipv6.make({ source, destination, next_header: 6 }, tcp.make({ source_port, destination_port })));
const datagram = (source: string, source_port: number, destination: string, destination_port: number) => checksummed6(ipv6.make({ source, destination, next_header: 17 }, udp.make({ source_port, destination_port }, Uint8Array.from([7]))));
const ping = (source: string, destination: string, type: number, identifier: number) => icmp6.makeIn({ source, destination }, { type, identifier, sequence: 1 });
const inward = (packet: { bytes: Uint8Array }) => ({ ...packet, input: 1 });
const PORTS = '0, true, true, false, 2001:db8::1 1024 1025';

export default defineElement({
  name: 'AddressTranslator',
  config: { mappings: rest(text({ doc: 'How addresses are translated, as the text above says.' }), { min: 1, max: 1024 }) },
  ports: {
    inputs: { outward: 'IPv6 packets that go out, their header marked or in front.', inward: 'Packets that come in.' },
    outputs: { outward: 'The packets that go out, from their mapped addresses.', inward: 'The packets that come in, to their inner addresses.' },
  },
  portsAlike: 'paired',
  drops: {
    bad_header: 'There is no whole IPv6 header, or nothing whole behind it.',
    untranslated: 'There is no mapping for it, or it is neither TCP, UDP nor ICMPv6.',
    no_address: 'All addresses, or ports, are given away.',
  },
  state: ({ config }) => {
    const mappings = mappingsOf(config.mappings);
    return givenState(poolOf(mappings), mappings.dynamic === 'ports');
  },
  build({ config, chatter, fail }): Translation {
    const mappings = readMappings(config.mappings);
    if ('mistake' in mappings) return fail(mappings.mistake);
    const { statics, dynamic, pool } = mappings;
    return {
      statics: statics.length,
      staticPorts: mappings.staticPorts,
      inner: columns(statics.map(({ inner }) => inner)),
      mapped: columns(statics.map(({ mapped }) => mapped)),
      innerPorts: statics.map(({ innerPort }) => innerPort),
      mappedPorts: statics.map(({ mappedPort }) => mappedPort),
      byAddress: dynamic === 'addresses' && pool.length > 0,
      byPort: dynamic === 'ports',
      inward: mappings.inward,
      pool: columns(pool),
      count: poolOf(mappings),
      lowPort: mappings.lowPort,
      tells: chatter !== '',
    };
  },
  process(packet, { built, state, log, outputs, port }) {
    const result = translate(packet, built, state, port === 0);
    if (result === BAD) return drop('bad_header');
    if (result === UNTRANSLATED) return drop('untranslated');
    if (result !== TRANSLATED) tell(built, log, result);
    if (result === UNKNOWN) return drop('untranslated');
    if (result === EXHAUSTED) return drop('no_address');
    return port === 0 ? outputs.outward : outputs.inward;
  },
  pull({ built, state, log, inputs, port, emit }) {
    const packet = inputs[port].pull();
    if (packet === null) return null;
    const result = translate(packet, built, state, port === 0);
    if (result === TRANSLATED) return packet;
    if (result !== BAD) tell(built, log, result);
    if (result === BAD) emit(drop('bad_header'), packet);
    else if (result === UNTRANSLATED || result === UNKNOWN) emit(drop('untranslated'), packet);
    else emit(drop('no_address'), packet);
    return null;
  },
  examples: [
    example('maps one address to another', [segment(inside, 7, outside, 80), inward(segment(outside, 80, '2001:db8::1', 7))], { outward: segment('2001:db8::1', 7, outside, 80), inward: segment(outside, 80, inside, 7) }, { config: '1, false, fd00::1 2001:db8::1, false' }),
    example('maps an address and port to another', [datagram(inside, 7, outside, 80), inward(datagram(outside, 80, '2001:db8::1', 99))], { outward: datagram('2001:db8::1', 99, outside, 80), inward: datagram(outside, 80, inside, 7) }, { config: '1, true, fd00::1 7 2001:db8::1 99, false' }),
    example('drops what has no mapping', segment('fd00::2', 7, outside, 80), { drop: 'untranslated' }, { config: '1, false, fd00::1 2001:db8::1, false' }),
    example('gives addresses to those that send', [segment(inside, 7, outside, 80), segment('fd00::2', 7, outside, 80), segment(inside, 8, outside, 80), inward(segment(outside, 80, '2001:db8::2', 7))], { outward: [segment('2001:db8::1', 7, outside, 80), segment('2001:db8::2', 7, outside, 80), segment('2001:db8::1', 8, outside, 80)], inward: segment(outside, 80, 'fd00::2', 7) }, { config: '0, true, false, false, 2001:db8::1, 2001:db8::2' }),
    example('gives no more addresses than there are', [segment(inside, 7, outside, 80), segment('fd00::2', 7, outside, 80)], { outward: segment('2001:db8::1', 7, outside, 80), drop: 'no_address' }, { config: '0, true, false, false, 2001:db8::1' }),
    example('gives inner addresses to those that come in', [inward(segment(outside, 80, '2001:db8::5', 7)), segment('fd00::7', 7, outside, 80)], { inward: segment(outside, 80, 'fd00::7', 7), outward: segment('2001:db8::5', 7, outside, 80) }, { config: '0, true, false, true, fd00::7' }),
    example('gives each flow a port', [segment(inside, 7, outside, 80), datagram('fd00::2', 7, outside, 80), segment(inside, 7, outside, 80), segment(inside, 9, outside, 80), inward(datagram(outside, 80, '2001:db8::1', 1025))], { outward: [segment('2001:db8::1', 1024, outside, 80), datagram('2001:db8::1', 1025, outside, 80), segment('2001:db8::1', 1024, outside, 80)], inward: datagram(outside, 80, 'fd00::2', 7), drop: 'no_address' }, { config: PORTS }),
    example('translates pings by their identifiers', [ping(inside, outside, 128, 5), inward(ping(outside, '2001:db8::1', 129, 1024))], { outward: ping('2001:db8::1', outside, 128, 1024), inward: ping(outside, inside, 129, 5) }, { config: PORTS }),
    example('lets nobody else in', [segment(inside, 7, outside, 80), inward(segment('2001:db8::8', 80, '2001:db8::1', 1024)), inward(segment(outside, 81, '2001:db8::1', 1024)), inward(segment(outside, 80, '2001:db8::1', 1025))], { outward: segment('2001:db8::1', 1024, outside, 80), drop: ['untranslated', 'untranslated', 'untranslated'] }, { config: PORTS }),
    example('drops what is cut short', ipv6.make({ next_header: 6 }, new Uint8Array(8)), { drop: 'bad_header' }, { config: PORTS }),
  ],
});
