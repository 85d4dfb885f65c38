/**
 * Rewrites the addresses and identifiers of ICMP echo requests, and of their replies back: pings through a network address translator
 * (RFC 5508, 3.1).
 *
 * What becomes of the first request of a host to another, the argument for its input says, as for IPRewriter; source ports stand for
 * identifiers. Replies that nobody asked for are dropped, but on an input that passes. Checksums are updated (RFC 1624).
 */
import { array, bool, checksum, checksummed, defineElement, drop, duration, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, many, push } from 'wirelet';
import { beginReaping, chooseVariation, counted, ECHO_REPLY, findFlow, flowState, noteAnnotation, plainTimes, refresh, remember } from './flow-table.js';
import { capacityOf, commonArguments, commonHandlers, GUARANTEE_US, formerly, inputHandlers, reapingOf, roomFor, tableHandler } from './rewriter-arguments.js';
import { hashOf, pointOf } from './source-hash.js';
import { INPUT, inputArguments, mappersOf, resolveInputs, splitOf } from './read-specification.js';

/** Bytes up to the end of the identifier. */
const SHORTEST = 6;

const [OUTSIDE, HOST, SERVER] = [0xc000_0201, 0x0a00_0002, 0xc633_6401];
const ping = (type: number, source: number, destination: number, identifier: number) => checksummed(ipv4.make({ protocol: 1, source, destination }, icmp.make({ type, identifier, sequence: 1 }, Uint8Array.from([1, 2, 3]))));
const request = (identifier: number, host = HOST) => ping(8, host, SERVER, identifier);
const outside = (identifier: number) => ping(8, OUTSIDE, SERVER, identifier);
const reply = (identifier: number) => ({ ...ping(0, SERVER, OUTSIDE, identifier), input: 1 });
const config = 'pattern 192.0.2.1 1024-65535 - - 0 1, drop';
const two = { config, inputs: 2, outputs: 2 };
const timeExceeded = ipv4.make({ protocol: 1 }, icmp.make({ type: 11 }, new Uint8Array(28)));

export default defineElement({
  name: 'ICMPPingRewriter',
  config: {
    inputs: inputArguments(),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Time after the last packet of a flow in which it is remembered.' }),
    guarantee: duration({ default: GUARANTEE_US, keyword: true, doc: 'Time after a packet in which a flow does not give way to others.' }),
    ...commonArguments,
    dst_anno: bool({ default: true, keyword: true, doc: 'Make the new destination the destination annotation.' }),
  },
  ports: {
    inputs: push(many('ICMP echo requests and replies with marked headers.', { min: 1, count: (config) => config.inputs.length, perArgument: true })),
    outputs: push(many('Packets whose flow or input names it.', { min: 1 })),
  },
  counters: { flows_made: 'Flows that were remembered.', failures: 'New flows that were not: no identifier was free, or no room.' },
  drops: {
    not_mapped: 'It belongs to no known flow, and its input drops those.',
    no_ping: 'Neither an echo request nor a reply, or a fragment, or too short.',
    identifiers_exhausted: 'No identifier was free for a new flow.',
    table_full: 'No room for a new flow.',
  },
  peers: (config) => mappersOf(config),
  state: (context) => ({ ...flowState(roomFor(context), context.outputs.length), next: array('u32', 4096) }),
  build(context) {
    const { config } = context;
    const resolved = resolveInputs(config, context, true);
    // Pings have no port at the destination.
    const ways = resolved.ways.map((way) => ({ ...way, dport: -1 }));
    return { resolved, inputs: resolved.inputs, ways, times: plainTimes(config.timeout, config.timeout, config.guarantee), capacity: capacityOf(context), reaping_us: reapingOf(config) };
  },
  split: ({ built }) => splitOf(built.inputs, built.ways),
  initialize({ built, state, clock }) {
    beginReaping(state, built.reaping_us, clock.microseconds);
  },
  process(packet, { config, built, state, counters, outputs, port, peers, clock, random, copies }) {
    const { flows } = state;
    const input = built.inputs[port]!;
    const header = ipv4.at(packet);
    if (header.protocol !== IP_PROTOCOL.icmp || header.fragment_offset !== 0 || packet.transportLength < SHORTEST) {
      return input.kind === INPUT.pass ? outputs[input.output]! : drop('no_ping');
    }
    const message = icmp.at(packet);
    const isRequest = message.type === ICMP_TYPE.echo;
    if (!isRequest && message.type !== ICMP_TYPE.echo_reply) return input.kind === INPUT.pass ? outputs[input.output]! : drop('no_ping');
    const now = clock.microseconds;
    const source = header.source;
    const destination = header.destination;
    const identifier = message.identifier;
    let slot = findFlow(state, isRequest ? IP_PROTOCOL.icmp : ECHO_REPLY, source, destination, isRequest ? (identifier * 65_536) >>> 0 : identifier, now);
    if (slot < 0) {
      if (input.kind === INPUT.pass) return outputs[input.output]!;
      if (input.kind === INPUT.drop || !isRequest) return drop('not_mapped');
      let which = input.first;
      if (input.kind === INPUT.source_hash) which = input.owners[pointOf(input.points, hashOf(source))]!;
      if (input.kind === INPUT.round_robin) which = input.first + (peers[input.mapper]!.state.turn % input.count);
      let variation = -1;
      for (let attempt = 0; attempt < (input.kind === INPUT.round_robin ? input.count : 1); attempt += 1) {
        if (attempt > 0) which = input.first + ((which - input.first + 1) % input.count);
        variation = chooseVariation(state, built.ways[which]!, state.next, which, random, copies, ECHO_REPLY, source, destination, identifier, 0, now);
        if (variation >= 0) break;
      }
      if (variation < 0) {
        counters.failures.add(1);
        return drop('identifiers_exhausted');
      }
      if (input.kind === INPUT.round_robin) peers[input.mapper]!.state.turn = (which - input.first + 1) % input.count;
      const way = built.ways[which]!;
      const address = way.varies_address ? (way.saddr + variation) >>> 0 : way.saddr >= 0 ? way.saddr : source;
      const newIdentifier = (way.sport >= 0 ? way.sport : identifier) + (way.varies_address ? 0 : variation);
      const newDestination = way.daddr >= 0 ? way.daddr : destination;
      slot = remember(state, IP_PROTOCOL.icmp, source, destination, (identifier * 65_536) >>> 0, ECHO_REPLY, newDestination, address, newIdentifier & 0xffff, way, port, built.times, now);
      if (slot < 0) {
        counters.failures.add(1);
        return drop('table_full');
      }
      if (config.reply_anno !== undefined) noteAnnotation(flows, slot, packet.annotationU8(config.reply_anno));
      counters.flows_made.add(1);
    }
    const isReply = flows.reply[slot];
    refresh(flows, slot, 0, flows.stage[slot], counted(flows.stage[slot], isReply), built.times, now);
    const newSource = flows.new_source[slot];
    const newDestination = flows.new_destination[slot];
    const newIdentifier = isReply === 1 ? flows.new_ports[slot] & 0xffff : flows.new_ports[slot] >>> 16;
    header.source = newSource;
    header.destination = newDestination;
    header.checksum = checksum.updateU32(checksum.updateU32(header.checksum, source, newSource), destination, newDestination);
    message.identifier = newIdentifier;
    message.checksum = checksum.update(message.checksum, identifier, newIdentifier);
    if (config.dst_anno) packet.destinationAddress = newDestination;
    if (config.reply_anno !== undefined && isReply === 1) packet.setAnnotationU8(config.reply_anno, flows.reply_anno[slot]);
    return outputs[flows.output[slot]!]!;
  },
  handlersFor: inputHandlers,
  handlers: {
    ...commonHandlers(),
    table: tableHandler('Flows, a line for each direction.', 'pings'),
    mappings: formerly(tableHandler('As table.', 'pings')),
  },
  examples: [
    example('gives pings from inside an address outside, and replies theirs', [request(5000), reply(5000)], { 0: outside(5000), 1: ping(0, SERVER, HOST, 5000) }, { ...two, counters: { flows_made: 1 } }),
    example('gives the second of two hosts another identifier', [request(7), request(7, 0x0a00_0003)], { 0: [outside(1), outside(2)] }, { ...two, config: 'pattern 192.0.2.1 1-9# - - 0 1, drop' }),
    example('drops replies that nobody asked for', [reply(5000), { ...reply(5000), input: 0 }], { drop: ['not_mapped', 'not_mapped'] }, two),
    example('drops what is no ping', [timeExceeded, ipv4.make({ protocol: 1, fragment_offset: 1 }, new Uint8Array(8)), ipv4.make({ protocol: 1 }, Uint8Array.from([8, 0, 0]))], { drop: ['no_ping', 'no_ping', 'no_ping'] }, two),
    example('passes where the input says so', [reply(5000), timeExceeded].map((packet) => ({ ...packet, input: 0 })), { 0: [reply(5000), timeExceeded] }, { config: 'pass 0', inputs: 1, outputs: 1 }),
    example('drops what has no identifier left', [request(1), request(2), request(8)], { 0: [outside(1), outside(2)], drop: 'identifiers_exhausted' }, { ...two, config: 'pattern 192.0.2.1 1-2 - - 0 1, drop', counters: { failures: 1 } }),
  ],
});
