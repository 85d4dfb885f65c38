/**
 * Spreads Ethernet frames over servers by giving them another destination MAC address, as L2LoadBalancer does, and keeps each flow of IPv4 packets at the server that its
 * first one was given. Frames without a marked IPv4 header go to the servers in turn.
 *
 * A flow is forgotten when there is no room for newer ones, the oldest first.
 */
import { defineElement, drop, ethernet, example, integer, ipv4, macAddress, rest, udp } from 'wirelet';
import { balanceArguments, balanceHandlers, balanceOf, flowState, pickServer, trackLoad } from './balance.js';
import { portsOf } from './servers.js';

const config = '00:00:00:00:00:01, 00:00:00:00:00:02';
const before = 'MarkIPHeader(14)';
const from = (source_port: number, destination: number) => ethernet.make({ destination, type: 0x0800 }, ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 })));

export default defineElement({
  name: 'FlowL2LoadBalancer',
  config: {
    dst: rest(macAddress({ doc: 'The MAC address of a server.' }), { min: 1, max: 256 }),
    ...balanceArguments,
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames for servers.' } },
  counters: { flows_begun: 'Flows that were given a server.' },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config }) => flowState(config.dst.length, config.capacity),
  build({ config, fail }) {
    const balance = balanceOf(config, config.dst.length);
    return typeof balance === 'string' ? fail(balance) : { balance, servers: config.dst };
  },
  process(packet, { built, state, counters, outputs, clock, random }) {
    const { flows } = state;
    let server = 0;
    const marked = packet.hasNetworkHeader && packet.hasTransportHeader && packet.networkLength >= ipv4.size;
    if (marked) {
      const header = ipv4.at(packet);
      const ports = portsOf(packet);
      const known = flows.find(header.source, header.destination, ports, header.protocol);
      const slot = known >= 0 ? known : flows.insert(header.source, header.destination, ports, header.protocol);
      if (slot < 0) return drop('table_full');
      flows.seen_us[slot] = clock.microseconds;
      if (known < 0) {
        flows.server[slot] = pickServer(packet, built.balance, state, random) % built.servers.length;
        counters.flows_begun.add(1);
      }
      server = flows.server[slot]!;
      trackLoad(packet, built.balance, state, server);
    } else {
      server = state.turn % built.servers.length;
      state.turn = server + 1;
    }
    ethernet.at(packet).destination = built.servers[server]!;
    return outputs.out;
  },
  handlers: { ...balanceHandlers, length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [
    example('keeps flows at their server', [from(1, 9), from(2, 9), from(1, 9)], { out: [from(1, 1), from(2, 2), from(1, 1)] }, { config, before, counters: { flows_begun: 2 } }),
    example('takes servers in turn for all else', [ethernet.make({ destination: 9 }), ethernet.make({ destination: 9 })], { out: [ethernet.make({ destination: 1 }), ethernet.make({ destination: 2 })] }, { config }),
  ],
});
