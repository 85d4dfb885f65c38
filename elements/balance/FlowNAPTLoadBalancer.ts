/**
 * Spreads flows of TCP and UDP over servers, and gives them a source address, that of the server's number in SIP, with a port of its own for each flow: so the
 * answers come back here, and a FlowNAPTLoadBalancerReverse brings them to the clients. All packets are taken: sort out before it what is for servers. Packets
 * that are neither TCP nor UDP, and fragments but the first, are dropped.
 *
 * A flow's packets all go to the server that its first one was given; with STATE, one of TCP must begin with a SYN. Ports are given in turn from 1024 on. Checksums
 * are updated (RFC 1624). A flow is forgotten when nothing was heard of it for TIMEOUT, or when there is no room for newer ones.
 */
import { below, bool, checksummed, defineElement, drop, example, IP_PROTOCOL, ipv4, ipv4Address, register, rest, table, tcp, TIME_RANGE, udp, words } from 'wirelet';
import { awaitAnswer, choosePort, givenPortArguments, givenPortState, hasPorts } from './given-ports.js';
import { portsOf, sendFrom, sendTo, setSourcePort } from './servers.js';

const config = 'DST 10.0.0.1, DST 10.0.0.2, SIP 1.0.0.1 1.0.0.2';
const packetOf = (source: number, source_port: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source, destination }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));
const [CLIENT, VIP] = [0x0900_0001, 0x0a00_0064] as const;
const SYN = 2;

export default defineElement({
  name: 'FlowNAPTLoadBalancer',
  config: {
    dst: rest(ipv4Address({ doc: 'The address of a server.' }), { min: 1, max: 256 }),
    sip: words(ipv4Address({ doc: 'For each server, the address that packets for it come from.' })),
    state: bool({ default: true, keyword: true, doc: 'Whether a flow of TCP must begin with a SYN.' }),
    ...givenPortArguments,
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets for servers.' } },
  counters: { flows_begun: 'Flows that were given a server.' },
  drops: { untranslated: 'It is not TCP or UDP, or a fragment but the first.', no_syn: 'It begins a flow of TCP and is no SYN.', table_full: 'No room, or no port, for another flow.' },
  split: { never: 'each copy would give the same ports in turn' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { server: below(config.dst.length), port: 'u16', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    ...givenPortState(config.capacity),
    turn: register(below(config.dst.length)),
  }),
  build({ config, fail }) {
    if (config.sip.length !== config.dst.length) return fail('The number of SIP must match DST');
    return { count: config.dst.length, servers: config.dst, sources: config.sip };
  },
  process(packet, { config, built, state, counters, outputs, clock }) {
    const header = ipv4.at(packet);
    const protocol = header.protocol;
    const { flows } = state;
    const now = clock.microseconds;
    if (!hasPorts(packet)) return drop('untranslated');
    const source = header.source;
    const destination = header.destination;
    const ports = portsOf(packet);
    let slot = flows.find(source, destination, ports, protocol);
    if (slot >= 0 && now - flows.seen_us[slot] > config.timeout) {
      flows.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      if (config.state && protocol === IP_PROTOCOL.tcp && (tcp.at(packet).flags & SYN) === 0) return drop('no_syn');
      const server = state.turn;
      state.turn = (server + 1) % built.count;
      const chosen = choosePort(state, built.servers[server]!, ports & 0xffff, protocol, now, config.timeout);
      if (chosen < 0) return drop('table_full');
      slot = flows.insert(source, destination, ports, protocol);
      if (slot < 0) return drop('table_full');
      flows.server[slot] = server;
      flows.port[slot] = chosen & 0xffff;
      counters.flows_begun.add(1);
    }
    const port = flows.port[slot]!;
    const server = flows.server[slot]!;
    if (!awaitAnswer(state, built.servers[server]!, ports & 0xffff, protocol, port, source, ports >>> 16, destination, now)) return drop('table_full');
    flows.seen_us[slot] = now;
    sendTo(packet, built.servers[server]!);
    sendFrom(packet, built.sources[server]!);
    setSourcePort(packet, port);
    return outputs.out;
  },
  handlers: { length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [
    example(
      'gives flows a server and a port, and keeps them',
      [packetOf(CLIENT, 7, VIP), packetOf(CLIENT, 8, VIP), packetOf(CLIENT, 7, VIP)],
      { out: [packetOf(0x0100_0001, 1024, 0x0a00_0001), packetOf(0x0100_0002, 1025, 0x0a00_0002), packetOf(0x0100_0001, 1024, 0x0a00_0001)] },
      { config, counters: { flows_begun: 2 } },
    ),
    example('begins flows of TCP with a SYN', ipv4.make({ protocol: 6 }, tcp.make({})), { drop: 'no_syn' }, { config }),
    example('drops what has no ports', ipv4.make({ protocol: 1, destination: VIP }, new Uint8Array(8)), { drop: 'untranslated' }, { config }),
  ],
});
