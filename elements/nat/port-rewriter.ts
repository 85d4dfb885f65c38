/** Rewriters of addresses and ports: IPRewriter, TCPRewriter and UDPRewriter (RFC 3022). */
import { bool, checksum, checksummed, defineElement, drop, duration, example, IP_PROTOCOL, ipv4, many, push, tcp, udp, array, type ConfigSpec } from 'wirelet';
import { beginReaping, chooseVariation, counted, findFlow, flowState, noteAnnotation, plainTimes, refresh, remember, sequenceState, STAGE, type Times } from './flow-table.js';
import { capacityOf, commonArguments, commonHandlers, GUARANTEE_US, formerly, inputHandlers, lookupHandler, reapingOf, roomFor, tableHandler } from './rewriter-arguments.js';
import { applySequence, clearSequence } from './sequence.js';
import { hashOf, pointOf } from './source-hash.js';
import { INPUT, inputArguments, mappersOf, resolveInputs, splitOf } from './read-specification.js';

/** Bytes of a transport header with both ports, and of TCP's up to its checksum: shorter ones keep what they say. */
const SHORTEST = 8;
const WITH_CHECKSUM = 18;
const DCCP = 33;

const tcpArguments = {
  tcp_timeout: duration({ default: 86_400e6, keyword: true, doc: 'For TCP connections with data both ways.' }),
  tcp_nodata_timeout: duration({ default: 300e6, keyword: true, doc: 'For TCP connections without data one way or the other.' }),
  tcp_done_timeout: duration({ default: 240e6, keyword: true, doc: 'For TCP connections that are closed.' }),
  tcp_guarantee: duration({ default: GUARANTEE_US, keyword: true, doc: 'Time after a packet in which a TCP connection does not give way to others.' }),
};

const udpArguments = {
  udp_timeout: duration({ default: 300e6, keyword: true, doc: 'For UDP.' }),
  udp_streaming_timeout: duration({ required: false, keyword: true, doc: 'For UDP of three packets or more, both ways; as UDP_TIMEOUT unless given.' }),
  udp_guarantee: duration({ default: GUARANTEE_US, keyword: true, doc: 'Time after a packet in which a UDP flow does not give way to others.' }),
};

/** Names without the protocol, for the rewriters that have but one. */
const shortTcpArguments = { timeout: duration({ required: false, keyword: true, doc: 'As TCP_TIMEOUT.' }), guarantee: duration({ required: false, keyword: true, doc: 'As TCP_GUARANTEE.' }) };
const shortUdpArguments = {
  timeout: duration({ required: false, keyword: true, doc: 'As UDP_TIMEOUT.' }),
  streaming_timeout: duration({ required: false, keyword: true, doc: 'As UDP_STREAMING_TIMEOUT.' }),
  guarantee: duration({ required: false, keyword: true, doc: 'As UDP_GUARANTEE.' }),
};

type Kind = 'tcp' | 'udp' | 'both';

/** How long flows live, by the arguments that the rewriter has. */
export function timesOf(kind: Kind, config: Readonly<Record<string, number | undefined>>): Times {
  // In a rewriter of both, the short names are those of TCP.
  const own = kind === 'udp' ? config : {};
  const plain = own['timeout'] ?? config['udp_timeout'] ?? 0;
  const streaming = own['streaming_timeout'] ?? config['udp_streaming_timeout'] ?? plain;
  const guarantee = own['guarantee'] ?? config['udp_guarantee'] ?? 0;
  if (kind === 'udp') return plainTimes(plain, streaming, guarantee);
  return {
    tcp: { nodata: config['tcp_nodata_timeout']!, data: config['timeout'] ?? config['tcp_timeout']!, done: config['tcp_done_timeout']!, guarantee: config['guarantee'] ?? config['tcp_guarantee']! },
    other: { plain, streaming, guarantee },
    alike: false,
  };
}

/** The rewriter with the name of a class of Click's, for these protocols; UDPRewriter takes TCP as if it were UDP. */
export function portRewriter(name: string, kind: Kind) {
  const times: ConfigSpec = kind === 'tcp' ? { ...tcpArguments, ...shortTcpArguments } : kind === 'udp' ? { ...udpArguments, ...shortUdpArguments } : { ...tcpArguments, ...shortTcpArguments, ...udpArguments };
  return defineElement({
    name,
    config: {
      inputs: inputArguments(),
      ...times,
      ...commonArguments,
      dst_anno: bool({ default: true, keyword: true, doc: 'Make the new destination the destination annotation.' }),
    },
    ports: {
      inputs: push(many('IPv4 packets with marked headers.', { min: 1, count: (config) => config.inputs.length, perArgument: true })),
      outputs: push(many('Packets whose flow or input names it.', { min: 1 })),
    },
    counters: { flows_made: 'Flows that were remembered.', failures: 'New flows that were not: no port was free, or no room.' },
    drops: {
      not_mapped: 'It belongs to no known flow, and its input drops those.',
      no_ports: 'Not of the protocol, or a fragment without ports, or too short.',
      ports_exhausted: 'No port was free for a new flow.',
      table_full: 'No room for a new flow.',
    },
    peers: (config) => mappersOf(config),
    state: (context) => {
      const capacity = roomFor(context);
      return { ...flowState(capacity, context.outputs.length), ...sequenceState(capacity), next: array('u32', 4096) };
    },
    build(context) {
      const { config } = context;
      const resolved = resolveInputs(config, context, true);
      return { resolved, inputs: resolved.inputs, ways: resolved.ways, times: timesOf(kind, config as unknown as Record<string, number>), capacity: capacityOf(context), reaping_us: reapingOf(config) };
    },
    split: ({ built }) => splitOf(built.inputs, built.ways),
    initialize({ built, state, clock }) {
      beginReaping(state, built.reaping_us, clock.microseconds);
    },
    process(packet, { config, built, state, counters, outputs, port, peers, clock, random, copies }) {
      const { flows } = state;
      const input = built.inputs[port]!;
      const header = ipv4.at(packet);
      const protocol = header.protocol;
      const isTcp = protocol === IP_PROTOCOL.tcp;
      const other = kind === 'tcp' || (protocol !== IP_PROTOCOL.udp && (kind === 'both' || protocol !== DCCP));
      if ((!isTcp && other) || header.fragment_offset !== 0 || packet.transportLength < SHORTEST) {
        return input.kind === INPUT.pass ? outputs[input.output]! : drop('no_ports');
      }
      const now = clock.microseconds;
      const source = header.source;
      const destination = header.destination;
      const segment = udp.at(packet);
      const sport = segment.source_port;
      const dport = segment.destination_port;
      const ports = (sport * 65_536 + dport) >>> 0;
      let slot = findFlow(state, protocol, source, destination, ports, now);
      if (slot < 0) {
        if (input.kind === INPUT.pass) return outputs[input.output]!;
        if (input.kind === INPUT.drop) return drop('not_mapped');
        let which = input.first;
        if (input.kind === INPUT.source_hash) which = input.owners[pointOf(input.points, hashOf(source))]!;
        if (input.kind === INPUT.round_robin) which = input.first + (peers[input.mapper]!.state.turn % input.count);
        let variation = chooseVariation(state, built.ways[which]!, state.next, which, random, copies, protocol, source, destination, sport, dport, now);
        if (input.kind === INPUT.round_robin) {
          for (let attempt = 1; attempt < input.count; attempt += 1) {
            if (variation >= 0) break;
            which = input.first + ((which - input.first + 1) % input.count);
            variation = chooseVariation(state, built.ways[which]!, state.next, which, random, copies, protocol, source, destination, sport, dport, now);
          }
          if (variation >= 0) peers[input.mapper]!.state.turn = (which - input.first + 1) % input.count;
        }
        if (variation < 0) {
          counters.failures.add(1);
          return drop('ports_exhausted');
        }
        const way = built.ways[which]!;
        const address = way.varies_address ? (way.saddr + variation) >>> 0 : way.saddr >= 0 ? way.saddr : source;
        const newSport = (way.sport >= 0 ? way.sport : sport) + (way.varies_address ? 0 : variation);
        const newDestination = way.daddr >= 0 ? way.daddr : destination;
        const newDport = way.dport >= 0 ? way.dport : dport;
        slot = remember(state, protocol, source, destination, ports, protocol, newDestination, address, (newDport * 65_536 + newSport) >>> 0, way, port, built.times, now);
        if (slot < 0) {
          counters.failures.add(1);
          return drop('table_full');
        }
        clearSequence(state, slot);
        clearSequence(state, flows.partner[slot]);
        if (config.reply_anno !== undefined) noteAnnotation(flows, slot, packet.annotationU8(config.reply_anno));
        counters.flows_made.add(1);
      }
      const reply = flows.reply[slot];
      const before = flows.stage[slot];
      let stage = before;
      if (!isTcp || built.times.alike) {
        stage = counted(stage & 0x7f, reply) | (stage & STAGE.adjusted);
      } else if (packet.transportLength >= WITH_CHECKSUM) {
        const segment = tcp.at(packet);
        const flags = segment.flags;
        const seen = reply === 1 ? STAGE.data_back : STAGE.data;
        // Of the same direction: STAGE.done is so many times STAGE.data.
        const done = seen * STAGE.done;
        // Most segments change nothing: they have data, as others before, in a connection that goes on.
        if ((flags & 0x07) !== 0 || (stage & (done | seen)) !== seen) {
          const carries = header.total_length - header.header_length * 4 - segment.data_offset * 4 > 0;
          if ((flags & 0x04) !== 0) stage |= STAGE.done | STAGE.done_back;
          else if ((flags & 0x01) !== 0) stage |= done;
          // A connection may begin anew with the same ports.
          else if ((flags & 0x02) !== 0 || carries) stage &= ~done;
          if (carries) stage |= seen;
        }
      }
      refresh(flows, slot, protocol, before, stage & 0xff, built.times, now);
      const newSource = flows.new_source[slot];
      const newDestination = flows.new_destination[slot];
      const newPorts = flows.new_ports[slot];
      header.source = newSource;
      header.destination = newDestination;
      const addresses = checksum.difference(source, newSource) + checksum.difference(destination, newDestination);
      header.checksum = checksum.apply(header.checksum, addresses);
      // The length is asked for each time, and not kept: that is one comparison, behind which it is known.
      if (!isTcp || built.times.alike || packet.transportLength >= WITH_CHECKSUM) {
        segment.source_port = newPorts >>> 16;
        segment.destination_port = newPorts & 0xffff;
      }
      if (isTcp) {
        if (packet.transportLength >= WITH_CHECKSUM) {
          const view = tcp.at(packet);
          view.checksum = checksum.apply(view.checksum, addresses + checksum.difference(ports, newPorts));
          if ((stage & STAGE.adjusted) !== 0 && packet.transportLength >= tcp.size) applySequence(state, packet, slot, flows.partner[slot]);
        }
      } else if (protocol === IP_PROTOCOL.udp && segment.checksum !== 0) {
        const sum = checksum.apply(segment.checksum, addresses + checksum.difference(ports, newPorts));
        // Zero would say that there is none (RFC 768).
        segment.checksum = sum === 0 ? 0xffff : sum;
      }
      if (config.dst_anno) packet.destinationAddress = newDestination;
      if (config.reply_anno !== undefined && reply === 1) packet.setAnnotationU8(config.reply_anno, flows.reply_anno[slot]);
      return outputs[flows.output[slot]!]!;
    },
    handlersFor: inputHandlers,
    handlers: {
      ...commonHandlers(),
      ...(kind === 'both'
        ? {
            tcp_table: tableHandler('TCP flows, a line for each direction.', 'ports', (protocol) => protocol === 6),
            udp_table: tableHandler('UDP flows, a line for each direction.', 'ports', (protocol) => protocol === 17),
            tcp_mappings: formerly(tableHandler('As tcp_table.', 'ports', (protocol) => protocol === 6)),
            udp_mappings: formerly(tableHandler('As udp_table.', 'ports', (protocol) => protocol === 17)),
            tcp_lookup: lookupHandler(6),
            udp_lookup: lookupHandler(17),
          }
        : {}),
      lookup: lookupHandler(kind === 'udp' ? 17 : 6),
      table: tableHandler('Flows, a line for each direction.', 'ports'),
      mappings: formerly(tableHandler('As table.', 'ports')),
    },
    examples: examplesOf(kind),
  });
}

// ---- examples --------------------------------------------------------------------------------------------

const SERVER = 0xc633_6401;
const [OUTSIDE, HOST] = [0xc000_0201, 0x0a00_0002];

function examplesOf(kind: Kind) {
  const protocol = kind === 'tcp' ? IP_PROTOCOL.tcp : IP_PROTOCOL.udp;
  const segment = (source_port: number, destination_port: number) =>
    kind === 'tcp' ? tcp.make({ source_port, destination_port, flags: 0x10 }, Uint8Array.from([1, 2])) : udp.make({ source_port, destination_port }, Uint8Array.from([1, 2]));
  const packet = (source: number, sport: number, destination: number, dport: number) => checksummed(ipv4.make({ protocol, source, destination }, segment(sport, dport)));
  const inside = (port: number, host = HOST) => packet(host, port, SERVER, 53);
  const outside = (port: number) => packet(OUTSIDE, port, SERVER, 53);
  const answer = (port: number) => ({ ...packet(SERVER, 53, OUTSIDE, port), input: 1 });
  const icmp = ipv4.make({ protocol: 1 }, new Uint8Array(8));
  const config = 'pattern 192.0.2.1 1024-65535 - - 0 1, drop';
  const two = { inputs: 2, outputs: 2 };
  return [
    example('gives packets from inside an address outside, and answers theirs', [inside(5000), answer(5000)], { 0: outside(5000), 1: packet(SERVER, 53, HOST, 5000) }, { config, ...two, counters: { flows_made: 1 } }),
    example('drops what nobody asked for', answer(5000), { drop: 'not_mapped' }, { config, ...two }),
    example('takes a port from the range when the own one is outside it', inside(80), { 0: outside(2000) }, { config: 'pattern 192.0.2.1 2000-2000 - - 0 1, drop', ...two }),
    example('takes ports in sequence', [inside(80), inside(81), inside(82)], { 0: [outside(2000), outside(2001)], drop: 'ports_exhausted' }, { config: 'pattern 192.0.2.1 2000-2001# - - 0 1, drop', ...two, counters: { failures: 1 } }),
    example('gives the second of two hosts another port', [inside(2000), inside(2000, 0x0a00_0003)], { 0: [outside(2000), outside(2001)] }, { config: 'pattern 192.0.2.1 2000-2001 - - 0 1, drop', ...two }),
    example('rewrites destinations', packet(HOST, 7, OUTSIDE, 80), { 0: packet(HOST, 7, SERVER, 8080) }, { config: 'pattern - - 198.51.100.1 8080 0 0', inputs: 1, outputs: 1 }),
    example('chooses among addresses', [inside(1), inside(2)], { 0: [outside(1), outside(2)] }, { config: 'pattern 192.0.2.1-192.0.2.1 - - - 0 0', inputs: 1, outputs: 1 }),
    example('keeps flows as they are', [inside(9), { ...packet(SERVER, 53, HOST, 9), input: 1 }], { 0: inside(9), 1: packet(SERVER, 53, HOST, 9) }, { config: 'keep 0 1, drop', ...two }),
    example('goes by the name of a pattern', inside(5000), { 0: outside(5000) }, { config: 'pattern out 0 1, drop', ...two, beside: 'IPRewriterPatterns(out 192.0.2.1 1024-65535 - -)' }),
    example(
      'asks a mapper in turn',
      [inside(1), inside(2), inside(3), inside(1)],
      { 0: [packet(HOST, 1, 1, 53), packet(HOST, 3, 1, 53), packet(HOST, 1, 1, 53)], 1: packet(HOST, 2, 2, 53) },
      { config: 'm', inputs: 1, outputs: 2, beside: 'm :: RoundRobinIPMapper(- - 0.0.0.1 - 0 0, - - 0.0.0.2 - 1 0)' },
    ),
    example('asks a mapper by the source', [inside(1), inside(2), inside(3)], { 0: [packet(HOST, 1, 1, 53), packet(HOST, 2, 1, 53), packet(HOST, 3, 1, 53)] }, { config: 'm', inputs: 1, outputs: 1, beside: 'm :: SourceIPHashMapper(8 7, - - 0.0.0.1 - 0 0 5)' }),
    example('passes as it is where the input says so', [inside(7), icmp], { 0: [inside(7), icmp] }, { config: 'pass 0', inputs: 1, outputs: 1 }),
    example('drops what has no ports', [icmp, ipv4.make({ protocol, fragment_offset: 1 }, new Uint8Array(20)), ipv4.make({ protocol }, new Uint8Array(7))], { drop: ['no_ports', 'no_ports', 'no_ports'] }, { config, ...two }),
    example('tells answers by an annotation', inside(5000), { 0: Uint8Array.from([0, ...outside(5000).bytes]) }, { config: `${config}, REPLY_ANNO 20`, ...two, after: 'ExampleAnnotations(20, 1)' }),
  ];
}
