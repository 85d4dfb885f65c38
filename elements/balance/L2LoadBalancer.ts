/**
 * Spreads Ethernet frames over servers by giving them another destination MAC address, as load balancers do whose servers all have the same IP address. Modes
 * that look at IPv4 addresses take frames without a marked header as if they were of one flow.
 */
import { defineElement, ethernet, example, ipv4, macAddress, rest, udp } from 'wirelet';
import { balanceArguments, balanceHandlers, balanceOf, balanceState, pickServer, trackLoad } from './balance.js';

const to = (destination: number) => ethernet.make({ destination });
const datagram = (destination: number) => ethernet.make({ destination, type: 0x0800 }, ipv4.make({ protocol: 17 }, udp.make({ source_port: 5 })));
const config = 'DST 00:00:00:00:00:01, DST 00:00:00:00:00:02';

export default defineElement({
  name: 'L2LoadBalancer',
  config: { dst: rest(macAddress({ doc: 'The MAC address of a server.' }), { min: 1, max: 256 }), ...balanceArguments },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames for servers.' } },
  state: ({ config }) => balanceState(config.dst.length),
  build({ config, fail }) {
    const balance = balanceOf(config, config.dst.length);
    return typeof balance === 'string' ? fail(balance) : { balance, servers: config.dst };
  },
  process(packet, { config, built, state, outputs, random }) {
    const marked = packet.hasNetworkHeader && packet.hasTransportHeader && packet.networkLength >= ipv4.size;
    const server = config.lb_mode === 'hash' && !marked ? 0 : pickServer(packet, built.balance, state, random) % built.servers.length;
    ethernet.at(packet).destination = built.servers[server]!;
    if (marked) trackLoad(packet, built.balance, state, server);
    return outputs.out;
  },
  handlers: balanceHandlers,
  examples: [
    example('takes servers in turn', [to(9), to(9), to(9)], { out: [to(1), to(2), to(1)] }, { config }),
    example('keeps flows together by their hash', [datagram(9), datagram(9)], { out: [datagram(1), datagram(1)] }, { config: `${config}, LB_MODE hash`, before: 'MarkIPHeader(14)' }),
    example('drops what is no frame', new Uint8Array(5), { drop: 'short_packet' }, { config: '00:00:00:00:00:01' }),
  ],
});
