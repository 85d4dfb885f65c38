/**
 * Spreads flows of TCP and UDP that clients send to the address VIP over servers, and gives them the source address SIP with a port of its own for each flow: so the answers
 * come back here, and a FlowNAPTLoadBalancerReverse brings them to the clients. Packets to other addresses pass as they are; to VIP, other packets than TCP and UDP, and
 * fragments but the first, are dropped.
 *
 * A flow's packets all go to the server that its first one was given. Ports are given in turn from 1024 on. Checksums are updated (RFC 1624). A flow is forgotten when
 * nothing was heard of it for TIMEOUT, or when there is no room for newer ones.
 */
import { below, checksummed, defineElement, drop, example, ipv4, ipv4Address, register, table, TIME_RANGE, udp } from 'wirelet';
import { awaitAnswer, choosePort, givenPortArguments, givenPortState, hasPorts } from './given-ports.js';
import { flowHash, portsOf, sendFrom, sendTo, serverArguments, setSourcePort } from './servers.js';

const config = '1.0.0.1, 10.0.0.100, 10.0.0.1, 10.0.0.2';
const packetOf = (source: number, source_port: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source, destination }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));
const [CLIENT, SIP, VIP] = [0x0900_0001, 0x0100_0001, 0x0a00_0064];

export default defineElement({
  name: 'FlowNAPTLoadBalancer',
  config: {
    sip: ipv4Address({ doc: 'The address that packets for servers come from.' }),
    ...serverArguments,
    ...givenPortArguments,
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets for servers.' } },
  counters: { flows_begun: 'Flows that were given a server.' },
  drops: { untranslated: 'It is not TCP or UDP, or a fragment but the first.', table_full: 'No room, or no port, for another flow.' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', ports: 'u32', protocol: 'u8' }, fields: { server: below(config.servers.length), port: 'u16', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    ...givenPortState(config.capacity),
    turn: register(below(config.servers.length)),
  }),
  build: ({ config }) => ({ count: config.servers.length, servers: config.servers }),
  process(packet, { config, built, state, counters, outputs, clock, random }) {
    const header = ipv4.at(packet);
    if (header.destination !== config.vip) return outputs.out;
    const protocol = header.protocol;
    const { flows } = state;
    const now = clock.microseconds;
    if (!hasPorts(packet)) return drop('untranslated');
    const source = header.source;
    const ports = portsOf(packet);
    let slot = flows.find(source, ports, protocol);
    if (slot >= 0 && now - flows.seen_us[slot] > config.timeout) {
      flows.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      let server = state.turn;
      if (config.lb_mode === 'rr') state.turn = (server + 1) % built.count;
      else if (config.lb_mode === 'random') server = random.below(built.count) % built.count;
      else server = flowHash(packet, config.lb_mode === 'hash') % built.count;
      const chosen = choosePort(state, built.servers[server]!, ports & 0xffff, protocol, now, config.timeout);
      if (chosen < 0) return drop('table_full');
      slot = flows.insert(source, ports, protocol);
      if (slot < 0) return drop('table_full');
      flows.server[slot] = server;
      flows.port[slot] = chosen & 0xffff;
      counters.flows_begun.add(1);
    }
    const port = flows.port[slot]!;
    const address = built.servers[flows.server[slot]]!;
    if (!awaitAnswer(state, address, ports & 0xffff, protocol, port, source, ports >>> 16, now)) return drop('table_full');
    flows.seen_us[slot] = now;
    sendTo(packet, address);
    sendFrom(packet, config.sip);
    setSourcePort(packet, port);
    return outputs.out;
  },
  handlers: { length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [
    example(
      'gives flows a server and a port, and keeps them',
      [packetOf(CLIENT!, 7, VIP!), packetOf(CLIENT!, 8, VIP!), packetOf(CLIENT!, 7, VIP!)],
      { out: [packetOf(SIP!, 1024, 0x0a00_0001), packetOf(SIP!, 1025, 0x0a00_0002), packetOf(SIP!, 1024, 0x0a00_0001)] },
      { config, counters: { flows_begun: 2 } },
    ),
    example('passes what is for others', packetOf(CLIENT!, 7, 0x0a00_0007), { out: packetOf(CLIENT!, 7, 0x0a00_0007) }, { config }),
    example('drops what has no ports', ipv4.make({ protocol: 1, destination: VIP! }, new Uint8Array(8)), { drop: 'untranslated' }, { config }),
  ],
});
