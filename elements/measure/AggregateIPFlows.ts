/**
 * Numbers the flows of TCP and UDP packets, from 1 on: the aggregate annotation is the flow's number, the paint the direction, 0 for that of
 * the flow's first packet, 1 for the other. Packets that belong to no flow leave by the second output, or are dropped.
 *
 * A flow ends when no packet of it came for a while, by the packets' time stamps; the next packet with its addresses and ports begins
 * another; so does a SYN after the end of a connection. With ICMP, errors belong to the flow of the packet that they quote; 2 is added to their paint.
 *
 * Where packets are pushed, fragments wait for FRAGMENT_TIMEOUT for the first one of their packet, which says whose they are, and all that two hosts send each other
 * waits behind them, so that order is kept. Where packets are pulled, or with FRAGMENTS false, later fragments belong to no flow.
 *
 * Every REAP seconds, flows that are over are forgotten; others, such as ToIPFlowDumps, learn of it. With TRACEINFO, `wirelet click` writes a file in XML about all flows, each when
 * it is forgotten or at the end; with SOURCE, which names a FromDump, it says where in that file they begin.
 */
import { bool, checksummed, defineElement, duration, ethernet, example, filename, flag, icmp, integer, integerValue, ipv4, kept, optional, push, register, tcp, text, udp } from 'wirelet';
import { endedSince } from './ended-flows.js';
import { endAll, finishTrace, flowState, writeTrace } from './flow-trace.js';
import { countPacket, findFlow, flushFragments, fragmentState, hostsOf, HOLD, OTHER, reap, reapFragments } from './ip-flows.js';

const packet = (source: number, sport: number, destination: number, dport: number, flags = 0x10) => checksummed(ipv4.make({ protocol: 6, source, destination }, tcp.make({ source_port: sport, destination_port: dport, flags })));
const [there, back, other] = [packet(1, 10, 2, 20), packet(2, 20, 1, 10), packet(1, 11, 2, 20)];
const numbered = (number: number, from: { bytes: Uint8Array }) => Uint8Array.from([0, 0, 0, number, ...from.bytes]);
const ping = ipv4.make({ protocol: 1, source: 1, destination: 2 }, icmp.make({ type: 8 }));
const quoting = checksummed(ipv4.make({ protocol: 1, source: 9, destination: 1 }, icmp.make({ type: 11 }, there.bytes.subarray(0, 28))));

const fragment = (offset: number, more: number, bytes: Uint8Array) => checksummed(ipv4.make({ protocol: 17, source: 1, destination: 2, identification: 7, fragment_offset: offset, more_fragments: more }, bytes));
const datagram = checksummed(ipv4.make({ protocol: 17, source: 1, destination: 2 }, udp.make({ source_port: 10, destination_port: 20 })));
const [head, tail] = [fragment(0, 1, udp.make({ source_port: 10, destination_port: 20 }).bytes), fragment(1, 0, new Uint8Array(8))];

export default defineElement({
  name: 'AggregateIPFlows',
  config: {
    tcp_timeout: duration({ default: 86_400e6, keyword: true, doc: 'For TCP connections.' }),
    tcp_done_timeout: duration({ default: 30e6, keyword: true, doc: 'For TCP connections that are closed.' }),
    udp_timeout: duration({ default: 60e6, keyword: true, doc: 'For UDP.' }),
    fragment_timeout: duration({ default: 30e6, keyword: true, doc: 'How long fragments wait.' }),
    reap: duration({ default: 1200e6, keyword: true, doc: 'How often flows that are over are forgotten.' }),
    icmp: bool({ default: false, keyword: true, doc: 'Whether ICMP errors belong to the flow of what they quote.' }),
    traceinfo: filename({ default: '', keyword: true, doc: 'A file in XML about all flows, which wirelet click writes; - is standard output.' }),
    source: text({ default: '', keyword: true, doc: 'The element that the packets come from: where it is in its file is told of each flow.' }),
    fragments: bool({ required: false, keyword: true, doc: 'Whether fragments belong to flows; default: where packets are pushed.' }),
    capacity: integer({ default: 16_384, min: 1, max: 1_048_576, keyword: true, doc: 'Flows at once; the one that was quiet longest gives way.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets of flows.', other: optional(push('Packets of no flow.')) } },
  counters: { flows: 'Flows that began.' },
  drops: { no_flow: 'A fragment whose first one did not come.' },
  state: ({ config }) => ({ ...flowState(config.capacity, config.traceinfo !== ''), ...fragmentState(), reap_s: register('u32'), unstamped: flag() }),
  build({ config, inputs, elements, chatter, fail }) {
    if (config.source !== '' && elements.named(config.source) === undefined) return fail(`there is no element named ${config.source}`, undefined, 'SOURCE: does not name an element');
    if (config.traceinfo !== '' && chatter === '') return fail('TRACEINFO writes a file, which an appliance does not have', 'Run the configuration with wirelet click, or leave TRACEINFO out.');
    if (config.fragments === true && inputs.pulled) return fail('FRAGMENTS true needs packets that are pushed', 'Put an Unqueue before it, or leave FRAGMENTS out.', "'FRAGMENTS true' is incompatible with pull; run this element in a push context", true);
    const seconds = (time: number) => Math.trunc(time / 1e6);
    return {
      traced: config.traceinfo !== '',
      tcp_s: seconds(config.tcp_timeout),
      tcp_done_s: seconds(config.tcp_done_timeout),
      udp_s: seconds(config.udp_timeout),
      fragment_s: seconds(config.fragment_timeout),
      reap_s: seconds(config.reap),
      icmp: config.icmp,
      fragments: config.fragments ?? true,
      chatter: chatter === '' ? '' : `${chatter} :: AggregateIPFlows`,
    };
  },
  process(packet, context) {
    const { built, state, outputs } = context;
    const slot = findFlow(packet, context, built.fragments);
    if (slot === OTHER) return outputs.other;
    if (slot === HOLD) {
      const now = packet.timestampSeconds;
      const hosts = hostsOf(packet, state);
      if (hosts < 0 || hosts >= state.waiting.lists || state.waiting.full) return outputs.other;
      state.waiting.append(hosts, packet);
      flushFragments(context, hosts, now);
      reapFragments(context, now);
      reap(context, now);
      return kept;
    }
    countPacket(packet, context, slot);
    reapFragments(context, packet.timestampSeconds);
    reap(context, packet.timestampSeconds);
    return outputs.out;
  },
  pull(context) {
    const packet = context.inputs.in.pull();
    if (packet === null) return null;
    const slot = findFlow(packet, context, false);
    if (slot < 0) {
      context.emit(context.outputs.other, packet);
      return null;
    }
    countPacket(packet, context, slot);
    reap(context, packet.timestampSeconds);
    return packet;
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
    example('sorts out what belongs to no flow', [ping, ethernet.make({})], { other: [ping, ethernet.make({})] }),
    example('finds the flow of what an error quotes', [there, quoting], { out: [Uint8Array.from([0, ...there.bytes]), Uint8Array.from([2, ...quoting.bytes])] }, { config: 'ICMP true', after: 'ExampleAnnotations(16, 1)', outputs: 1 }),
    example('keeps fragments until their time is over, and what comes behind them', [tail, head, datagram, { ...datagram, at: 31_000_000 }], { out: [numbered(1, tail), numbered(1, head), numbered(1, datagram), numbered(1, datagram)] }, { after: 'ExampleAnnotations(20, 4)', outputs: 1 }),
    example('drops fragments whose first one did not come', [tail, { ...datagram, at: 31_000_000 }], { out: numbered(1, datagram), drop: 'no_flow' }, { after: 'ExampleAnnotations(20, 4)', outputs: 1 }),
    example('takes later fragments for no flow when told so', [head, tail], { out: numbered(1, head), drop: 'other' }, { config: 'FRAGMENTS false', after: 'ExampleAnnotations(20, 4)', outputs: 1 }),
    example('takes later fragments for no flow where it is pulled', [head, tail], { out: numbered(1, head), drop: 'other' }, { before: 'Queue', after: 'ExampleAnnotations(20, 4) -> Unqueue', outputs: 1 }),
    example('drops what no output takes', ping, { drop: 'other' }, { outputs: 1 }),
  ],
});
