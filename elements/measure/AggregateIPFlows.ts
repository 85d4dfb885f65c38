/**
 * Numbers the flows of TCP and UDP packets, from 1 on: the aggregate annotation is the flow's number, the paint the direction, 0 for that of
 * the flow's first packet, 1 for the other. Packets that belong to no flow leave by the second output, or are dropped.
 *
 * A flow ends when no packet of it came for a while, by the packets' time stamps; the next packet with its addresses and ports begins
 * another. Later fragments belong to the flow of the first one, if that came before them. With ICMP, errors belong to the flow of the
 * packet that they quote; 2 is added to their paint.
 */
import { ANNOTATIONS, bool, checksummed, defineElement, duration, example, icmp, integer, IP_PROTOCOL, ipv4, optional, push, register, table, tcp, u32 } from 'wirelet';

const packet = (source: number, sport: number, destination: number, dport: number, flags = 0x10) => checksummed(ipv4.make({ protocol: 6, source, destination }, tcp.make({ source_port: sport, destination_port: dport, flags })));
const [there, back, other] = [packet(1, 10, 2, 20), packet(2, 20, 1, 10), packet(1, 11, 2, 20)];
const numbered = (number: number, from: { bytes: Uint8Array }) => Uint8Array.from([0, 0, 0, number, ...from.bytes]);
const ping = ipv4.make({ protocol: 1, source: 1, destination: 2 }, icmp.make({ type: 8 }));
const quoting = checksummed(ipv4.make({ protocol: 1, source: 9, destination: 1 }, icmp.make({ type: 11 }, there.bytes.subarray(0, 28))));

/** Which directions of a TCP connection are closed, as bits. */
const OPEN = 0;
const DONE = 3;

export default defineElement({
  name: 'AggregateIPFlows',
  config: {
    tcp_timeout: duration({ default: 86_400e6, keyword: true, doc: 'For TCP connections.' }),
    tcp_done_timeout: duration({ default: 30e6, keyword: true, doc: 'For TCP connections that are closed.' }),
    udp_timeout: duration({ default: 60e6, keyword: true, doc: 'For UDP.' }),
    fragment_timeout: duration({ default: 30e6, keyword: true, doc: 'How long the first fragment speaks for later ones.' }),
    reap: duration({ default: 1200e6, keyword: true, doc: 'Without effect: flows give way when they are over.' }),
    icmp: bool({ default: false, keyword: true, doc: 'Whether ICMP errors belong to the flow of what they quote.' }),
    fragments: bool({ default: true, keyword: true, doc: 'Whether fragments belong to flows.' }),
    capacity: integer({ default: 16_384, min: 1, max: 1_048_576, keyword: true, doc: 'Flows at once; the one that was quiet longest gives way.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets of flows.', other: optional(push('Packets of no flow.')) } },
  counters: { flows: 'Flows that began.' },
  state: ({ config }) => ({
    flows: table({ key: { protocol: 'u8', low: 'u32', high: 'u32', ports: 'u32' }, fields: { number: 'u32', flipped: 'u8', closed: 'u8', seen: 'u53' }, capacity: config.capacity, evict: 'seen' }),
    fragments: table({ key: { protocol: 'u8', source: 'u32', destination: 'u32', identification: 'u16' }, fields: { number: 'u32', direction: 'u8', seen: 'u53' }, capacity: 1024, evict: 'seen' }),
    next: register('u32', 1),
  }),
  process(packet, { config, state, counters, outputs }) {
    const { flows, fragments } = state;
    if (packet.networkLength < ipv4.size) return outputs.other;
    const header = ipv4.at(packet);
    const time = packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
    let protocol = header.protocol;
    let source = header.source;
    let destination = header.destination;
    const identification = header.identification;
    const isFragment = header.more_fragments === 1 || header.fragment_offset !== 0;
    if (isFragment && !config.fragments) return outputs.other;
    if (header.fragment_offset !== 0) {
      const known = fragments.find(protocol, source, destination, identification);
      if (known < 0 || time - fragments.seen[known]! > config.fragment_timeout) return outputs.other;
      packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, fragments.number[known]!);
      packet.paint = fragments.direction[known]!;
      return outputs.out;
    }
    let at = packet.transportHeaderOffset;
    if (at < 0) return outputs.other;
    let paint = 0;
    let quoted = false;
    if (config.icmp && protocol === IP_PROTOCOL.icmp && packet.transportLength >= 36) {
      const type = packet.loadU8(at);
      if (type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12) return outputs.other;
      const inner = packet.loadU8(at + 8);
      const size = (inner & 15) * 4;
      if (inner >>> 4 !== 4 || size < 20 || packet.transportLength < 8 + size + 4 || (packet.loadU16(at + 14) & 0x1fff) !== 0) return outputs.other;
      protocol = packet.loadU8(at + 17);
      source = packet.loadU32(at + 20);
      destination = packet.loadU32(at + 24);
      at += 8 + size;
      paint = 2;
      quoted = true;
    }
    if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) return outputs.other;
    if (packet.length < at + 4) return outputs.other;
    const sport = packet.loadU16(at);
    const dport = packet.loadU16(at + 2);
    const swapped = source > destination || (source === destination && sport > dport);
    const low = swapped ? destination : source;
    const high = swapped ? source : destination;
    const ports = swapped ? (dport * 65_536 + sport) >>> 0 : (sport * 65_536 + dport) >>> 0;
    let slot = flows.find(protocol, low, high, ports);
    if (slot >= 0) {
      const quiet = time - flows.seen[slot]!;
      const limit = protocol === IP_PROTOCOL.udp ? config.udp_timeout : flows.closed[slot] === DONE ? config.tcp_done_timeout : config.tcp_timeout;
      if (quiet > limit) {
        flows.remove(slot);
        slot = -1;
      }
    }
    if (slot < 0) {
      if (quoted) return outputs.other;
      slot = flows.insert(protocol, low, high, ports);
      if (slot < 0) return outputs.other;
      flows.number[slot] = state.next;
      flows.flipped[slot] = swapped ? 1 : 0;
      flows.closed[slot] = OPEN;
      state.next = u32(state.next + 1);
      counters.flows.add(1);
    }
    const direction = (swapped ? 1 : 0) === flows.flipped[slot] ? 0 : 1;
    // An error goes against the direction of what it quotes.
    packet.paint = quoted ? paint + 1 - direction : direction;
    packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, flows.number[slot]!);
    if (!quoted) {
      flows.seen[slot] = time;
      if (protocol === IP_PROTOCOL.tcp && packet.length >= at + 14) {
        const flags = packet.loadU8(at + 13);
        if ((flags & 4) !== 0) flows.closed[slot] = DONE;
        else if ((flags & 1) !== 0) flows.closed[slot] = direction === 0 ? flows.closed[slot]! | 1 : flows.closed[slot]! | 2;
      }
      if (isFragment) {
        const first = fragments.insert(protocol, source, destination, identification);
        if (first >= 0) {
          fragments.number[first] = flows.number[slot]!;
          fragments.direction[first] = direction;
          fragments.seen[first] = time;
        }
      }
    }
    return outputs.out;
  },
  handlers: {
    clear: {
      doc: 'Forgets all flows; numbers go on.',
      write({ state }) {
        for (let slot = 0; slot < state.flows.slots; slot += 1) if (state.flows.occupied(slot)) state.flows.remove(slot);
      },
    },
  },
  examples: [
    example('numbers flows, both directions alike', [there, back, other, there], { out: [numbered(1, there), numbered(1, back), numbered(2, other), numbered(1, there)] }, { after: 'ExampleAnnotations(20, 4)', outputs: 1, counters: { flows: 2 } }),
    example('paints the direction', [there, back], { out: [Uint8Array.from([0, ...there.bytes]), Uint8Array.from([1, ...back.bytes])] }, { after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('sorts out what belongs to no flow', ping, { other: ping }),
    example('finds the flow of what an error quotes', [there, quoting], { out: [Uint8Array.from([0, ...there.bytes]), Uint8Array.from([3, ...quoting.bytes])] }, { config: 'ICMP true', after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('drops what no output takes', ping, { drop: 'other' }, { outputs: 1 }),
  ],
});
