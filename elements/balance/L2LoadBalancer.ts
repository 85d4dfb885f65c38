/**
 * Spreads Ethernet frames over servers by giving them another destination MAC address, as load balancers do whose servers all have the same IP address: by a
 * hash of addresses and ports where an IPv4 header is marked, in turn else.
 */
import { below, defineElement, ethernet, example, macAddress, oneOf, register, rest } from 'wirelet';
import { BALANCE_MODES, flowHash } from './servers.js';

const to = (destination: number) => ethernet.make({ destination });

export default defineElement({
  name: 'L2LoadBalancer',
  config: {
    servers: rest(macAddress({ doc: 'The MAC address of a server.' }), { min: 1, max: 256 }),
    lb_mode: oneOf(BALANCE_MODES, { default: 'rr', keyword: true, doc: 'How a server is chosen: in turn, by a hash of addresses and ports, by one of addresses, at random.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames for servers.' } },
  state: ({ config }) => ({ turn: register(below(config.servers.length)) }),
  build: ({ config }) => ({ count: config.servers.length, servers: config.servers }),
  process(packet, { config, built, state, outputs, random }) {
    let server = state.turn;
    if (config.lb_mode === 'random') server = random.below(built.count) % built.count;
    else if (config.lb_mode !== 'rr' && packet.hasNetworkHeader && packet.networkLength >= 20) server = flowHash(packet, config.lb_mode === 'hash' && packet.hasTransportHeader) % built.count;
    else state.turn = (server + 1) % built.count;
    ethernet.at(packet).destination = built.servers[server]!;
    return outputs.out;
  },
  examples: [
    example('takes servers in turn', [to(9), to(9), to(9)], { out: [to(1), to(2), to(1)] }, { config: '00:00:00:00:00:01, 00:00:00:00:00:02' }),
    example('goes round where there is nothing to hash', [to(9), to(9)], { out: [to(1), to(2)] }, { config: '00:00:00:00:00:01, 00:00:00:00:00:02, LB_MODE hash' }),
    example('drops what is no frame', new Uint8Array(5), { drop: 'short_packet' }, { config: '00:00:00:00:00:01' }),
  ],
});
