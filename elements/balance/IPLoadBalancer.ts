/**
 * Spreads packets for the address VIP over servers without remembering flows: by a hash of addresses and ports, so that a flow stays with its server as long
 * as there are the same servers; or packet by packet, in turn or at random. Packets to other addresses pass as they are.
 */
import { below, checksummed, defineElement, example, ipv4, register, udp } from 'wirelet';
import { flowHash, sendTo, serverArguments } from './servers.js';

const from = (source_port: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));
const VIP = 0x0a00_0064;

export default defineElement({
  name: 'IPLoadBalancer',
  config: serverArguments,
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets for servers.' } },
  state: ({ config }) => ({ turn: register(below(config.servers.length)) }),
  build: ({ config }) => ({ count: config.servers.length, servers: config.servers }),
  process(packet, { config, built, state, outputs, random }) {
    if (ipv4.at(packet).destination !== config.vip) return outputs.out;
    let server = state.turn;
    if (config.lb_mode === 'rr') state.turn = (server + 1) % built.count;
    else if (config.lb_mode === 'random') server = random.below(built.count) % built.count;
    else server = flowHash(packet, config.lb_mode === 'hash') % built.count;
    sendTo(packet, built.servers[server]!);
    return outputs.out;
  },
  examples: [
    example('takes servers in turn', [from(1, VIP), from(1, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(1, 0x0a00_0002), from(1, 0x0a00_0001)] }, { config: '10.0.0.100, 10.0.0.1, 10.0.0.2' }),
    example('keeps flows together by their hash', [from(1, VIP), from(1, VIP)], { out: [from(1, 0x0a00_0001), from(1, 0x0a00_0001)] }, { config: '10.0.0.100, 10.0.0.1, LB_MODE hash' }),
    example('passes what is for others', from(1, 0x0a00_0007), { out: from(1, 0x0a00_0007) }, { config: '10.0.0.100, 10.0.0.1' }),
  ],
});
