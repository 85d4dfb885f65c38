/**
 * Spreads packets over servers without remembering flows: by a hash, so that a flow stays with its server as long as there are the same servers; or packet by
 * packet, in turn, by load, or at random. Answers go through an IPLoadBalancerReverse. All packets are taken: sort out before it what is for VIP.
 *
 * Checksums are updated (RFC 1624).
 */
import { checksummed, defineElement, example, ipv4, tcp, udp } from 'wirelet';
import { balanceArguments, balanceHandlers, balanceOf, balanceState, pickServer, sayServers, trackLoad } from './balance.js';
import { sendTo, serverArguments } from './servers.js';

const from = (source_port: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));
const segment = (flags: number, destination: number) => checksummed(ipv4.make({ protocol: 6, source: 0x0900_0001, destination }, tcp.make({ source_port: 1, destination_port: 80, flags })));
const VIP = 0x0a00_0064;

export default defineElement({
  name: 'IPLoadBalancer',
  config: { ...serverArguments, ...balanceArguments },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets for servers.' } },
  state: ({ config }) => balanceState(config.dst.length),
  build({ config, chatter, fail }) {
    const balance = balanceOf(config, config.dst.length);
    return typeof balance === 'string' ? fail(balance) : { balance, servers: config.dst, declaration: chatter === '' ? '' : `${chatter} :: IPLoadBalancer` };
  },
  initialize(context) {
    sayServers(context);
  },
  process(packet, { built, state, outputs, random }) {
    const server = pickServer(packet, built.balance, state, random) % built.servers.length;
    sendTo(packet, built.servers[server]!);
    trackLoad(packet, built.balance, state, server);
    return outputs.out;
  },
  handlers: balanceHandlers,
  examples: [
    example('takes servers in turn', [from(1, VIP), from(1, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(1, 0x0a00_0002), from(1, 0x0a00_0001)] }, { config: 'VIP 10.0.0.100, DST 10.0.0.1, DST 10.0.0.2' }),
    example('keeps flows together by their hash', [from(1, VIP), from(2, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(2, 0x0a00_0002), from(1, 0x0a00_0001)] }, { config: 'VIP 10.0.0.100, DST 10.0.0.1, DST 10.0.0.2, LB_MODE hash' }),
    example('uses the first servers only when told so', [from(1, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(1, 0x0a00_0001)] }, { config: '10.0.0.1, 10.0.0.2, VIP 10.0.0.100, NSERVER 1' }),
    example('goes by the connections that servers have', [segment(2, VIP), segment(2, VIP), segment(1, VIP), segment(2, VIP)], { out: [segment(2, 0x0a00_0001), segment(2, 0x0a00_0002), segment(1, 0x0a00_0001), segment(2, 0x0a00_0001)] }, { config: '10.0.0.1, 10.0.0.2, VIP 10.0.0.100, LB_MODE least' }),
    example('finds the aggregate on a ring', [from(1, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(1, 0x0a00_0001)] }, { config: '10.0.0.1, 10.0.0.2, VIP 10.0.0.100, LB_MODE cst_hash_agg' }),
  ],
});
