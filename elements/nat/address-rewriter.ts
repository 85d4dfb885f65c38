/** Rewriters of addresses: IPAddrRewriter, which goes by source, and IPAddrPairRewriter, which goes by pairs (RFC 2663, 4.1). */
import { array, checksum, checksummed, defineElement, drop, duration, example, ipv4, many, push, transportAddressChanged, udp } from 'wirelet';
import { beginReaping, chooseVariation, counted, findFlow, flowState, noteAnnotation, plainTimes, refresh, remember } from './flow-table.js';
import { capacityOf, commonArguments, commonHandlers, GUARANTEE_US, formerly, inputHandlers, reapingOf, roomFor, tableHandler } from './rewriter-arguments.js';
import { hashOf, pointOf } from './source-hash.js';
import { INPUT, inputArguments, mappersOf, resolveInputs } from './read-specification.js';

/**
 * The rewriter with the name of a class of Click's. With `pairs` a flow is a pair of addresses, else a source: then entries have 0 for
 * the address that does not matter.
 */
export function addressRewriter(name: string, pairs: boolean) {
  return defineElement({
    name,
    config: {
      inputs: inputArguments(),
      timeout: duration({ default: 7200e6, keyword: true, doc: 'Time after the last packet of a flow in which it is remembered.' }),
      guarantee: duration({ default: GUARANTEE_US, keyword: true, doc: 'Time after a packet in which a flow does not give way to others.' }),
      ...commonArguments,
    },
    ports: {
      inputs: push(many('IPv4 packets with marked headers.', { min: 1, count: (config) => config.inputs.length, perArgument: true })),
      outputs: push(many('Packets whose flow or input names it.', { min: 1 })),
    },
    counters: { flows_made: 'Flows that were remembered.', failures: 'New flows that were not: no address was free, or no room.' },
    drops: {
      not_mapped: 'It belongs to no known flow, and its input drops those.',
      addresses_exhausted: 'No address was free for a new flow.',
      table_full: 'No room for a new flow.',
    },
    peers: (config) => mappersOf(config),
    split: { never: 'answers to the address that a copy chose would go to another one' },
    state: (context) => ({ ...flowState(roomFor(context), context.outputs.length), next: array('u32', 4096) }),
    build(context) {
      const { config, fail } = context;
      const resolved = resolveInputs(config, context, false);
      if (!pairs && resolved.ways.some(({ daddr }) => daddr >= 0)) fail('it leaves destinations alone', 'Write - for the destination, or take IPAddrPairRewriter.');
      return { resolved, inputs: resolved.inputs, ways: resolved.ways, times: plainTimes(config.timeout, config.timeout, config.guarantee), capacity: capacityOf(context), reaping_us: reapingOf(config) };
    },
    initialize({ built, state, clock }) {
      beginReaping(state, built.reaping_us, clock.microseconds);
    },
    process(packet, { config, built, state, counters, outputs, port, peers, clock, random, copies }) {
      const { flows } = state;
      const input = built.inputs[port]!;
      const header = ipv4.at(packet);
      const now = clock.microseconds;
      const source = header.source;
      const destination = header.destination;
      let slot = findFlow(state, 0, source, pairs ? destination : 0, 0, now);
      if (!pairs && slot < 0) slot = findFlow(state, 0, 0, destination, 0, now);
      if (slot < 0) {
        if (input.kind === INPUT.pass) return outputs[input.output]!;
        if (input.kind === INPUT.drop) return drop('not_mapped');
        let which = input.first;
        if (input.kind === INPUT.source_hash) which = input.owners[pointOf(input.points, hashOf(source))]!;
        if (input.kind === INPUT.round_robin) which = input.first + (peers[input.mapper]!.state.turn % input.count);
        let variation = -1;
        for (let attempt = 0; attempt < (input.kind === INPUT.round_robin ? input.count : 1); attempt += 1) {
          if (attempt > 0) which = input.first + ((which - input.first + 1) % input.count);
          variation = chooseVariation(state, built.ways[which]!, state.next, which, random, copies, 0, source, pairs ? destination : 0, 0, 0, now);
          if (variation >= 0) break;
        }
        if (variation < 0) {
          counters.failures.add(1);
          return drop('addresses_exhausted');
        }
        if (input.kind === INPUT.round_robin) peers[input.mapper]!.state.turn = (which - input.first + 1) % input.count;
        const way = built.ways[which]!;
        const address = way.varies_address ? (way.saddr + variation) >>> 0 : way.saddr >= 0 ? way.saddr : source;
        const newDestination = !pairs ? 0 : way.daddr >= 0 ? way.daddr : destination;
        slot = remember(state, 0, source, pairs ? destination : 0, 0, 0, newDestination, address, 0, way, port, built.times, now);
        if (slot < 0) {
          counters.failures.add(1);
          return drop('table_full');
        }
        if (config.reply_anno !== undefined) noteAnnotation(flows, slot, packet.annotationU8(config.reply_anno));
        counters.flows_made.add(1);
      }
      const reply = flows.reply[slot];
      refresh(flows, slot, 0, flows.stage[slot], counted(flows.stage[slot], reply), built.times, now);
      const newSource = pairs || reply === 0 ? flows.new_source[slot] : source;
      const newDestination = pairs || reply === 1 ? flows.new_destination[slot] : destination;
      header.source = newSource;
      header.destination = newDestination;
      header.checksum = checksum.updateU32(checksum.updateU32(header.checksum, source, newSource), destination, newDestination);
      if (packet.hasTransportHeader) {
        transportAddressChanged(packet, source, newSource);
        transportAddressChanged(packet, destination, newDestination);
      }
      if (pairs || reply === 1) packet.destinationAddress = newDestination;
      if (config.reply_anno !== undefined && reply === 1) packet.setAnnotationU8(config.reply_anno, flows.reply_anno[slot]);
      return outputs[flows.output[slot]!]!;
    },
    handlersFor: inputHandlers,
    handlers: {
      ...commonHandlers(),
      table: tableHandler('Flows, a line for each direction.', pairs ? 'pairs' : 'sources'),
      mappings: formerly(tableHandler('As table.', pairs ? 'pairs' : 'sources')),
    },
    examples: [
      ...(pairs ? pairExamples() : sourceExamples()),
      example('keeps flows as they are', packet(HOST, SERVER), { 0: packet(HOST, SERVER) }, { config: 'keep 0 1, drop', ...two }),
      example('passes where the input says so', packet(HOST, SERVER), { 0: packet(HOST, SERVER) }, { config: 'pass 0', inputs: 1, outputs: 1 }),
      example('leaves the data of later fragments alone', piece(HOST), { 0: piece(OUTSIDE) }, { config: 'pattern 192.0.2.1 - 0 1, drop', ...two }),
      example('drops a header that is cut off', { ...packet(HOST, SERVER), bytes: packet(HOST, SERVER).bytes.subarray(0, 15), transportHeader: undefined }, { drop: 'short_packet' }, { config: 'pattern 192.0.2.1 - 0 1, drop', ...two }),
    ],
  });
}

// ---- examples --------------------------------------------------------------------------------------------

const [OUTSIDE, HOST, OTHER_HOST, SERVER] = [0xc000_0201, 0x0a00_0002, 0x0a00_0003, 0xc633_6401];
const two = { inputs: 2, outputs: 2 };
const packet = (source: number, destination: number) => checksummed(ipv4.make({ source, destination }, udp.make({ source_port: 7, destination_port: 9 }, Uint8Array.from([1]))));
const back = (source: number, destination: number) => ({ ...packet(source, destination), input: 1 });
const piece = (source: number) => ipv4.make({ source, destination: SERVER, fragment_offset: 1, protocol: 6 }, new Uint8Array(24));

function sourceExamples() {
  const config = 'pattern 192.0.2.1-192.0.2.2# - 0 1, drop';
  return [
    example(
      'gives each host an address of its own, and answers theirs from whoever',
      [packet(HOST, SERVER), packet(OTHER_HOST, SERVER), packet(HOST, 1), back(2, OUTSIDE)],
      { 0: [packet(OUTSIDE, SERVER), packet(OUTSIDE + 1, SERVER), packet(OUTSIDE, 1)], 1: packet(2, HOST) },
      { config, ...two, counters: { flows_made: 2 } },
    ),
    example('drops what has no address left', [packet(1, SERVER), packet(2, SERVER), packet(3, SERVER)], { 0: [packet(OUTSIDE, SERVER), packet(OUTSIDE + 1, SERVER)], drop: 'addresses_exhausted' }, { config, ...two, counters: { failures: 1 } }),
    example('drops what nobody asked for', back(SERVER, OUTSIDE), { drop: 'not_mapped' }, { config, ...two }),
    example('leaves the first address of a network alone', packet(HOST, SERVER), { 0: packet(OUTSIDE, SERVER) }, { config: 'pattern 192.0.2.0/30# - 0 1, drop', ...two }),
  ];
}

function pairExamples() {
  const config = 'pattern 192.0.2.1 198.51.100.1 0 1, drop';
  return [
    example(
      'rewrites both addresses, and those of answers back',
      [packet(HOST, 1), back(SERVER, OUTSIDE)],
      { 0: packet(OUTSIDE, SERVER), 1: packet(1, HOST) },
      { config, ...two, counters: { flows_made: 1 } },
    ),
    example('gives a flow the answers that another had', [packet(HOST, 1), packet(OTHER_HOST, 2), back(SERVER, OUTSIDE)], { 0: [packet(OUTSIDE, SERVER), packet(OUTSIDE, SERVER)], 1: packet(2, OTHER_HOST) }, { config, ...two }),
    example('takes an address for two hosts that speak to two', [packet(HOST, 1), packet(OTHER_HOST, 2)], { 0: [packet(OUTSIDE, 1), packet(OUTSIDE, 2)] }, { config: 'pattern 192.0.2.1 - 0 1, drop', ...two }),
    example('drops answers of others', back(2, OUTSIDE), { drop: 'not_mapped' }, { config, ...two }),
    example('asks a mapper in turn', [packet(1, 2), packet(3, 4), packet(1, 2)], { 0: [packet(1, 5), packet(3, 6), packet(1, 5)] }, { config: 'm', inputs: 1, outputs: 1, beside: 'm :: RoundRobinIPMapper(- 0.0.0.5 0 0, - 0.0.0.6 0 0)' }),
  ];
}
