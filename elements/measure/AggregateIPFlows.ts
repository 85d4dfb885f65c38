/**
 * Numbers the flows of TCP and UDP packets, from 1 on: the aggregate annotation is the flow's number, the paint the direction, 0 for that of
 * the flow's first packet, 1 for the other. Packets that belong to no flow leave by the second output, or are dropped.
 *
 * A flow ends when no packet of it came for a while, by the packets' time stamps; the next packet with its addresses and ports begins
 * another; so does a SYN after the end of a connection. Later fragments belong to the flow of the first one, if that came before them. With ICMP, errors belong to the flow of the
 * packet that they quote; 2 is added to their paint.
 *
 * Every REAP seconds, flows that are over are forgotten; others, such as ToIPFlowDumps, learn of it. With TRACEINFO, `wirelet click` writes a file in XML about all flows, each when
 * it is forgotten or at the end; with SOURCE, which names a FromDump, it says where in that file they begin.
 */
import { ANNOTATIONS, bool, checksummed, defineElement, duration, example, flag, icmp, integer, integerValue, IP_PROTOCOL, ipv4, optional, push, register, table, tcp, text, u32, type u53, type u8 } from 'wirelet';
import { endAll, endedSince, endFlow, finishTrace, flowState, traceFirst, tracePacket, writeTrace } from './flow-trace.js';

const packet = (source: number, sport: number, destination: number, dport: number, flags = 0x10) => checksummed(ipv4.make({ protocol: 6, source, destination }, tcp.make({ source_port: sport, destination_port: dport, flags })));
const [there, back, other] = [packet(1, 10, 2, 20), packet(2, 20, 1, 10), packet(1, 11, 2, 20)];
const numbered = (number: number, from: { bytes: Uint8Array }) => Uint8Array.from([0, 0, 0, number, ...from.bytes]);
const ping = ipv4.make({ protocol: 1, source: 1, destination: 2 }, icmp.make({ type: 8 }));
const quoting = checksummed(ipv4.make({ protocol: 1, source: 9, destination: 1 }, icmp.make({ type: 11 }, there.bytes.subarray(0, 28))));

/** Which directions of a TCP connection are closed, as bits. */
const OPEN = 0;
const DONE = 3;
const SYN = 2;

interface Timeouts {
  readonly tcp_timeout: number;
  readonly tcp_done_timeout: number;
  readonly udp_timeout: number;
}

/** How long a flow may be quiet, in microseconds. */
function patience(config: Timeouts, protocol: u8, closed: u8): u53 {
  return protocol === IP_PROTOCOL.udp ? config.udp_timeout : closed === DONE ? config.tcp_done_timeout : config.tcp_timeout;
}

export default defineElement({
  name: 'AggregateIPFlows',
  config: {
    tcp_timeout: duration({ default: 86_400e6, keyword: true, doc: 'For TCP connections.' }),
    tcp_done_timeout: duration({ default: 30e6, keyword: true, doc: 'For TCP connections that are closed.' }),
    udp_timeout: duration({ default: 60e6, keyword: true, doc: 'For UDP.' }),
    fragment_timeout: duration({ default: 30e6, keyword: true, doc: 'How long the first fragment speaks for later ones.' }),
    reap: duration({ default: 1200e6, keyword: true, doc: 'How often flows that are over are forgotten.' }),
    icmp: bool({ default: false, keyword: true, doc: 'Whether ICMP errors belong to the flow of what they quote.' }),
    traceinfo: text({ default: '', keyword: true, doc: 'A file in XML about all flows, which wirelet click writes; - is standard output.' }),
    source: text({ default: '', keyword: true, doc: 'The element that the packets come from: where it is in its file is told of each flow.' }),
    fragments: bool({ default: true, keyword: true, doc: 'Whether fragments belong to flows.' }),
    capacity: integer({ default: 16_384, min: 1, max: 1_048_576, keyword: true, doc: 'Flows at once; the one that was quiet longest gives way.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets of flows.', other: optional(push('Packets of no flow.')) } },
  counters: { flows: 'Flows that began.' },
  state: ({ config }) => ({
    ...flowState(config.capacity, config.traceinfo !== ''),
    fragments: table({ key: { protocol: 'u8', source: 'u32', destination: 'u32', identification: 'u16' }, fields: { number: 'u32', direction: 'u8', seen: 'u53' }, capacity: 1024, evict: 'seen' }),
    reap_s: register('u32'),
    unstamped: flag(),
  }),
  build({ config, elements, chatter, fail, warn }) {
    if (config.source !== '' && elements.named(config.source) === undefined) return fail(`SOURCE: no element named '${config.source}'`);
    if (config.traceinfo !== '' && chatter === '') warn('TRACEINFO is written by wirelet click alone', 'Run the configuration with wirelet click.');
    return { traced: config.traceinfo !== '', reap_s: Math.max(1, Math.trunc(config.reap / 1e6)), chatter };
  },
  process(packet, { config, built, state, counters, outputs, clock, log }) {
    const { flows, fragments } = state;
    if (packet.networkLength < ipv4.size) return outputs.other;
    const header = ipv4.at(packet);
    if (packet.timestampSeconds === 0 && packet.timestampNanoseconds === 0) {
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
      if (built.chatter.length > 0 && !state.unstamped) {
        log.text(built.chatter);
        log.text(': warning: packet received without timestamp');
        log.end();
      }
      state.unstamped = true;
    }
    const seconds = packet.timestampSeconds;
    const time = packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
    let protocol = header.protocol;
    let source = header.source;
    let destination = header.destination;
    if (source === 0 && destination === 0) return outputs.other;
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
      const begins = !quoted && protocol === IP_PROTOCOL.tcp && flows.closed[slot] === DONE && packet.length >= at + 14 && (packet.loadU8(at + 13) & SYN) !== 0;
      if (begins || time - flows.seen[slot]! > patience(config, protocol, flows.closed[slot]!)) {
        endFlow(state, slot, built.traced);
        flows.remove(slot);
        slot = -1;
      }
    }
    if (slot < 0) {
      if (quoted) return outputs.other;
      const victim = flows.victim(protocol, low, high, ports);
      if (victim >= 0) endFlow(state, victim, built.traced);
      slot = flows.insert(protocol, low, high, ports);
      if (slot < 0) return outputs.other;
      flows.number[slot] = state.next;
      flows.flipped[slot] = swapped ? 1 : 0;
      flows.closed[slot] = OPEN;
      state.next = u32(state.next + 1);
      if (built.traced) traceFirst(state, slot, packet);
      counters.flows.add(1);
    }
    const direction = (swapped ? 1 : 0) === flows.flipped[slot] ? 0 : 1;
    // An error goes against the direction of what it quotes.
    packet.paint = quoted ? paint + 1 - direction : direction;
    packet.setAnnotationU32(ANNOTATIONS.aggregate.offset, flows.number[slot]!);
    if (!quoted) {
      flows.seen[slot] = time;
      if (built.traced) tracePacket(state, slot, packet, direction);
      if (protocol === IP_PROTOCOL.tcp && packet.length >= at + 14) {
        const flags = packet.loadU8(at + 13);
        if ((flags & 4) !== 0) flows.closed[slot] = DONE;
        else if ((flags & 1) !== 0) flows.closed[slot] = direction === 0 ? flows.closed[slot]! | 1 : flows.closed[slot]! | 2;
        else if ((flags & SYN) !== 0) flows.closed[slot] = OPEN;
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
    if (seconds >= state.reap_s) {
      if (state.reap_s !== 0) {
        for (let each = 0; each < flows.slots; each += 1) {
          if (flows.occupied(each) && time - flows.seen[each]! > patience(config, flows.protocol[each]!, flows.closed[each]!)) {
            endFlow(state, each, built.traced);
            flows.remove(each);
          }
        }
      }
      state.reap_s = u32(seconds + built.reap_s);
    }
    return outputs.out;
  },
  handlers: {
    ended: { doc: 'How many flows have ended and, of those since there were as many as the parameter says, the numbers.', read: (element, parameter) => endedSince(element, integerValue(parameter === '' ? '0' : parameter)) },
    clear: {
      doc: 'Forgets all flows; numbers go on.',
      write: endAll,
    },
  },
  attend: writeTrace,
  finish: finishTrace,
  examples: [
    example('numbers flows, both directions alike', [there, back, other, there], { out: [numbered(1, there), numbered(1, back), numbered(2, other), numbered(1, there)] }, { after: 'ExampleAnnotations(20, 4)', outputs: 1, counters: { flows: 2 } }),
    example('paints the direction', [there, back], { out: [Uint8Array.from([0, ...there.bytes]), Uint8Array.from([1, ...back.bytes])] }, { after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('sorts out what belongs to no flow', ping, { other: ping }),
    example('finds the flow of what an error quotes', [there, quoting], { out: [Uint8Array.from([0, ...there.bytes]), Uint8Array.from([3, ...quoting.bytes])] }, { config: 'ICMP true', after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('drops what no output takes', ping, { drop: 'other' }, { outputs: 1 }),
  ],
});
