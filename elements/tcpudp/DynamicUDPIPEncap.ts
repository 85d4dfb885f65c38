/**
 * Puts UDP and IPv4 headers in front of packets, as UDPIPEncap does; after every INTERVAL packets both ports rise by one.
 */
import { bool, checksummed, defineElement, example, integer, ipv4, ipv4Address, register, transportPort, u16, u32, udp } from 'wirelet';
import { encapsulate } from './udp-encapsulation.js';

const data = Uint8Array.from([1, 2, 3]);
const made = (identification: number, source_port: number, destination_port: number) =>
  ipv4.make({ ttl: 250, source: 0x01000001, destination: 0x02000002, identification }, udp.make({ source_port, destination_port }, data));

export default defineElement({
  name: 'DynamicUDPIPEncap',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    sport: transportPort('udp', { doc: 'The first source port.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    dport: transportPort('udp', { doc: 'The first destination port.' }),
    checksum: bool({ default: true, doc: 'Compute the UDP checksum.' }),
    interval: integer({ default: 0, doc: 'Packets after which the ports rise; 0: never.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'UDP packets with marked headers.' } },
  state: { identification: register('u16'), risen: register('u16'), count: register('u32') },
  process(packet, { config, state, outputs }) {
    encapsulate(packet, config.src, u16(config.sport + state.risen), config.dst, u16(config.dport + state.risen), state.identification, config.checksum);
    state.identification = u16(state.identification + 1);
    state.count = u32(state.count + 1);
    if (state.count === config.interval) {
      state.count = 0;
      state.risen = u16(state.risen + 1);
    }
    packet.destinationAddress = config.dst;
    return outputs.out;
  },
  examples: [
    example('lets the ports rise', [data, data, data], { out: [made(0, 1234, 65_535), made(1, 1234, 65_535), made(2, 1235, 0)] }, { config: '1.0.0.1, 1234, 2.0.0.2, 65535, false, 2' }),
    example('keeps them', [data, data], { out: [checksummed(made(0, 7, 9)), checksummed(made(1, 7, 9))] }, { config: '1.0.0.1, 7, 2.0.0.2, 9' }),
  ],
});
