/**
 * Spreads flows over servers: a flow's packets all go to the server that its first one was given. Answers go through a FlowIPLoadBalancerReverse, which gives
 * them VIP as their source again. All packets are taken: sort out before it what is for VIP.
 *
 * Checksums are updated (RFC 1624). A flow is forgotten when there is no room for newer ones, the oldest first.
 */
import { checksummed, counterHandler, defineElement, drop, example, integer, ipv4, udp } from 'wirelet';
import { balanceArguments, balanceHandlers, balanceOf, flowState, sayServers, trackLoad } from './balance.js';
import { serverOfFlow } from './flow-server.js';
import { sendTo, serverArguments } from './servers.js';

const config = 'VIP 10.0.0.100, DST 10.0.0.1, DST 10.0.0.2';
const from = (source_port: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));
const VIP = 0x0a00_0064;

export default defineElement({
  name: 'FlowIPLoadBalancer',
  config: { ...serverArguments, ...balanceArguments, capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets for servers.' } },
  counters: { flows_begun: 'Flows that were given a server.' },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config }) => flowState(config.dst.length, config.capacity),
  build({ config, chatter, fail }) {
    const balance = balanceOf(config, config.dst.length);
    return typeof balance === 'string' ? fail(balance) : { balance, servers: config.dst, declaration: chatter === '' ? '' : `${chatter} :: FlowIPLoadBalancer` };
  },
  initialize(context) {
    sayServers(context);
  },
  process(packet, context) {
    const { built, state, outputs } = context;
    const server = serverOfFlow(packet, context);
    if (server < 0 || server >= built.servers.length) return drop('table_full');
    sendTo(packet, built.servers[server]!);
    trackLoad(packet, built.balance, state, server);
    return outputs.out;
  },
  handlers: {
    ...balanceHandlers,
    flows: counterHandler('flows_begun', 'Flows that were given a server.'),
    length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) },
  },
  examples: [
    example('gives flows servers in turn, and keeps them', [from(1, VIP), from(2, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(2, 0x0a00_0002), from(1, 0x0a00_0001)] }, { config, counters: { flows_begun: 2 } }),
    example('takes addresses by position, too', from(1, VIP), { out: from(1, 0x0a00_0001) }, { config: '10.0.0.1, 10.0.0.2, VIP 10.0.0.100' }),
  ],
});
