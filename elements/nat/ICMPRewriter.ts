/**
 * Rewrites ICMP errors by the flows of rewriters: an error about a packet that MAPS rewrote becomes one about the packet as its
 * sender sent it, and goes to that sender (RFC 5508, 4). Of MAPS, the names of rewriters, the first that knows the flow decides.
 *
 * Errors are destination unreachable, source quench, redirect, time exceeded and parameter problem. They leave by output 0, or, where
 * MAPS says `NAME:OFFSET`, by the output that many behind the one by which the rewriter sends answers. Errors about unknown flows leave by
 * output 1, and so do other ICMP packets. Checksums are updated (RFC 1624), those of quoted packets as far as they were quoted.
 */
import { bool, checksum, checksummed, defineElement, drop, example, icmp, ICMP_TYPE, IP_PROTOCOL, ipv4, many, type Packet, parseInteger, push, text, type u32, type u53, udp, words } from 'wirelet';
import { ECHO_REPLY, findFlow, type Flows, type FlowState } from './flow-table.js';
import { commonArguments } from './rewriter-arguments.js';

/** How the table of a rewriter is asked. */
const ASKED = Object.freeze({ ports: 0, echoes: 1, pairs: 2, sources: 3 });

const CLASSES: Readonly<Record<string, number>> = {
  IPRewriter: ASKED.ports, TCPRewriter: ASKED.ports, UDPRewriter: ASKED.ports, ICMPPingRewriter: ASKED.echoes, IPAddrPairRewriter: ASKED.pairs, IPAddrRewriter: ASKED.sources,
};

const DCCP = 33;
/** What must be quoted of a transport header, in bytes, for a flow to be found by it. */
const PORTS_BYTES = 8;

/** The entry for answers to the packet quoted at `base`, whose transport header is at `at`; -1: the flow is not known. */
function answersTo(state: FlowState, asked: number, packet: Packet, base: u32, at: u32, now: u53): number {
  const quoted = ipv4.atOffset(packet, base);
  const source = quoted.source;
  const destination = quoted.destination;
  if (asked === ASKED.pairs) return findFlow(state, 0, destination, source, 0, now);
  if (asked === ASKED.sources) {
    const slot = findFlow(state, 0, destination, 0, 0, now);
    return slot >= 0 ? slot : findFlow(state, 0, 0, source, 0, now);
  }
  // Later fragments have no ports.
  if (quoted.fragment_offset !== 0 || at + PORTS_BYTES > packet.length) return -1;
  if (asked === ASKED.echoes) {
    if (quoted.protocol !== IP_PROTOCOL.icmp) return -1;
    const message = icmp.atOffset(packet, at);
    return message.type === ICMP_TYPE.echo ? findFlow(state, ECHO_REPLY, destination, source, message.identifier, now) : -1;
  }
  if (quoted.protocol !== IP_PROTOCOL.tcp && quoted.protocol !== IP_PROTOCOL.udp && quoted.protocol !== DCCP) return -1;
  const segment = udp.atOffset(packet, at);
  return findFlow(state, quoted.protocol, destination, source, (segment.destination_port * 65_536 + segment.source_port) >>> 0, now);
}

/** Rewrites the ports or the identifier of the quoted packet, and its checksum for the addresses, as the sender knows them. */
function rewriteTransport(flows: Flows, slot: number, packet: Packet, protocol: number, at: u32, source: u32, destination: u32, newSource: u32, newDestination: u32): void {
  const ports = flows.new_ports[slot]!;
  if (protocol === IP_PROTOCOL.icmp) {
    if (flows.protocol[slot] !== ECHO_REPLY && flows.protocol[slot] !== IP_PROTOCOL.icmp) return;
    const message = icmp.atOffset(packet, at);
    const identifier = flows.reply[slot] === 1 ? ports & 0xffff : ports >>> 16;
    message.checksum = checksum.update(message.checksum, message.identifier, identifier);
    message.identifier = identifier;
    return;
  }
  if (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp && protocol !== DCCP) return;
  const segment = udp.atOffset(packet, at);
  const before = (segment.source_port * 65_536 + segment.destination_port) >>> 0;
  // The entry is that of answers: its source is the destination here.
  const after = flows.protocol[slot] === 0 ? before : ((ports & 0xffff) * 65_536 + (ports >>> 16)) >>> 0;
  segment.source_port = after >>> 16;
  segment.destination_port = after & 0xffff;
  if (protocol === DCCP) return;
  const place = at + (protocol === IP_PROTOCOL.tcp ? 16 : 6);
  if (place + 2 > packet.length) return;
  const sum = packet.loadU16(place);
  if (protocol === IP_PROTOCOL.udp && sum === 0) return;
  const changed = checksum.updateU32(checksum.updateU32(checksum.updateU32(sum, before, after), source, newSource), destination, newDestination);
  packet.storeU16(place, protocol === IP_PROTOCOL.udp && changed === 0 ? 0xffff : changed);
}

const [OUTSIDE, HOST, SERVER, ROUTER] = [0xc000_0201, 0x0a00_0002, 0xc633_6401, 0xcb00_7101];
const datagram = (source: number, source_port: number) => checksummed(ipv4.make({ source, destination: SERVER }, udp.make({ source_port, destination_port: 53 }, Uint8Array.from([1, 2, 3]))));
const ping = (source: number, identifier: number) => checksummed(ipv4.make({ protocol: 1, source, destination: SERVER }, icmp.make({ type: 8, identifier })));
const error = (source: number, destination: number, about: Uint8Array, type = 11) => ipv4.make({ protocol: 1, source, destination }, icmp.make({ type }, about.subarray(0, 28)));
const beside = (map: string) => `m :: ${map}; m[0] -> Discard; m[1] -> Discard; FromDevice(none) -> [1]m; c :: IPClassifier(icmp type echo, icmp, -); c[0] -> [0]m; c[2] -> [0]m`;
const byPorts = { config: 'm', before: 'c; c[1]', beside: beside('IPRewriter(pattern 192.0.2.1 2000-2000 - - 0 1, drop)') };
const stranger = error(ROUTER, OUTSIDE, datagram(OUTSIDE, 2001).bytes);
const cut = ipv4.make({ protocol: 1, destination: OUTSIDE }, icmp.make({ type: 11 }, datagram(OUTSIDE, 2000).bytes.subarray(0, 27)));

export default defineElement({
  name: 'ICMPRewriter',
  config: {
    maps: words(text({ doc: 'Names of rewriters, each with :OFFSET behind it where their errors leave by outputs of their own.' })),
    dst_anno: bool({ default: true, keyword: true, doc: 'Make the new destination the destination annotation.' }),
    reply_anno: commonArguments.reply_anno,
  },
  ports: { inputs: { in: push('ICMP packets with marked headers.') }, outputs: push(many('Rewritten errors by the first; by the second errors about unknown flows, and what is no error.', { min: 1 })) },
  counters: { rewritten: 'Errors that were rewritten.' },
  drops: { unmapped: 'An error about an unknown flow, or no error, and there is no second output.' },
  peers: ({ maps }) => maps.map((map) => map.split(':')[0]!),
  build({ config, elements, outputs, fail }) {
    const wrong: string[] = [];
    const maps = config.maps.flatMap((word, index) => {
      const [name = '', offset] = word.split(':');
      const found = elements.named(name);
      const asked = CLASSES[found?.className ?? ''];
      const number = offset === undefined ? -1 : parseInteger(offset);
      if (found !== undefined && number !== undefined && number >= 0 && number + found.outputs > outputs.length) {
        wrong.push(`${word} port offset requires more than ${outputs.length} ${outputs.length === 1 ? 'output' : 'outputs'}`);
      } else if (found === undefined || number === undefined || asked === undefined) {
        wrong.push(`${number === undefined ? word : name} not an IP rewriter`);
      } else {
        return [{ index, asked, offset: number }];
      }
      return [];
    });
    if (maps.length === 0) wrong.push('no IP rewriters supplied');
    if (wrong.length > 0) return fail(config.maps.length === 0 ? 'it needs the names of rewriters' : wrong.join('; '), 'It takes the names of rewriters of addresses, ports and pings.', wrong.join('\n'));
    return { maps };
  },
  process(packet, { config, built, counters, outputs, peers, clock }) {
    const header = ipv4.at(packet);
    const offset = packet.transportHeaderOffset;
    const length = packet.transportLength;
    if (header.protocol !== IP_PROTOCOL.icmp || offset < 0 || length < icmp.size + ipv4.size) return outputs.length > 1 ? outputs[1]! : drop('unmapped');
    const message = icmp.at(packet);
    const type = message.type;
    if (type !== ICMP_TYPE.unreachable && type !== ICMP_TYPE.source_quench && type !== ICMP_TYPE.redirect && type !== ICMP_TYPE.time_exceeded && type !== ICMP_TYPE.parameter_problem) return outputs.length > 1 ? outputs[1]! : drop('unmapped');
    const base = offset + icmp.size;
    const quoted = ipv4.atOffset(packet, base);
    const size = quoted.header_length * 4;
    if (quoted.version !== 4 || size < ipv4.size) return outputs.length > 1 ? outputs[1]! : drop('unmapped');
    const at = base + size;
    for (const map of built.maps) {
      const known = peers[map.index]!.state;
      const flows = known.flows;
      const slot = answersTo(known, map.asked, packet, base, at, clock.microseconds);
      if (slot >= 0) {
        const before = checksum.sum(packet, offset, length);
        const source = quoted.source;
        const destination = quoted.destination;
        // Where flows go by source, an entry knows but one of the addresses.
        const newSource = map.asked === ASKED.sources && flows.reply[slot] === 0 ? source : flows.new_destination[slot];
        const newDestination = map.asked === ASKED.sources && flows.reply[slot] === 1 ? destination : flows.new_source[slot];
        if (quoted.fragment_offset === 0 && at + PORTS_BYTES <= packet.length) rewriteTransport(flows, slot, packet, quoted.protocol, at, source, destination, newSource, newDestination);
        quoted.source = newSource;
        quoted.destination = newDestination;
        quoted.checksum = checksum.updateU32(checksum.updateU32(quoted.checksum, source, newSource), destination, newDestination);
        message.checksum = checksum.update(message.checksum, before, checksum.sum(packet, offset, length));
        // Only an error to who seemed to be the sender goes to who it is.
        const to = header.destination;
        if (to === source) {
          header.destination = newSource;
          header.checksum = checksum.updateU32(header.checksum, to, newSource);
          if (config.dst_anno) packet.destinationAddress = newSource;
        }
        if (config.reply_anno !== undefined && flows.reply[slot] === 1) packet.setAnnotationU8(config.reply_anno, flows.reply_anno[slot]);
        counters.rewritten.add(1);
        return outputs[map.offset < 0 ? 0 : map.offset + flows.output[slot]!]!;
      }
    }
    return outputs.length > 1 ? outputs[1]! : drop('unmapped');
  },
  examples: [
    example('tells a host behind a translator', [datagram(HOST, 5000), error(ROUTER, OUTSIDE, datagram(OUTSIDE, 2000).bytes)], { 0: error(ROUTER, HOST, datagram(HOST, 5000).bytes) }, { ...byPorts, counters: { rewritten: 1 } }),
    example('finds the pings of hosts', [ping(HOST, 5000), error(ROUTER, OUTSIDE, ping(OUTSIDE, 7).bytes)], { 0: error(ROUTER, HOST, ping(HOST, 5000).bytes) }, { ...byPorts, beside: beside('ICMPPingRewriter(pattern 192.0.2.1 7 - - 0 1, drop)') }),
    example('goes by addresses alone', [datagram(HOST, 5000), error(ROUTER, OUTSIDE, datagram(OUTSIDE, 5000).bytes)], { 0: error(ROUTER, HOST, datagram(HOST, 5000).bytes) }, { ...byPorts, beside: beside('IPAddrRewriter(pattern 192.0.2.1 - 0 1, drop)') }),
    example('goes by pairs of addresses', [datagram(HOST, 5000), error(ROUTER, OUTSIDE, datagram(OUTSIDE, 5000).bytes)], { 0: error(ROUTER, HOST, datagram(HOST, 5000).bytes) }, { ...byPorts, beside: beside('IPAddrPairRewriter(pattern 192.0.2.1 - 0 1, drop)') }),
    example('sorts out errors about unknown flows', [datagram(HOST, 5000), stranger], { 1: stranger }, byPorts),
    example('sorts out what quotes too little', [datagram(HOST, 5000), cut], { 1: cut }, byPorts),
    example('drops them where nothing takes them', [stranger, ipv4.make({ protocol: 1 }, icmp.make({ type: 0 }, new Uint8Array(28)))], { drop: ['unmapped', 'unmapped'] }, { ...byPorts, outputs: 1 }),
  ],
});
