/**
 * Makes UDP packets with Ethernet headers when it is pulled: RATE in a second, LIMIT in all. LENGTH is that of the frame without its
 * check sequence. All are alike, but that both ports rise by one behind every INTERVAL packets.
 */
import { checksummed, defineElement, ethernet, example, IP_PROTOCOL, ipv4, ipv4Address, macAddress, pull, transportPort, udp } from 'wirelet';
import { countMade, isActive, isAllowed, isDue, lengthOf, premadeArguments, premadeHandlers, premadeTimers } from './premade.js';
import { datagramArguments, datagramState, raisePorts } from './raised-ports.js';

const HEADERS_BYTES = 42;
const made = (source_port: number, destination_port: number) =>
  checksummed(ethernet.make({ source: 1, destination: 2 }, ipv4.make({ protocol: 17, ttl: 250, source: 0x0100_0001, destination: 0x0200_0002 }, udp.make({ source_port, destination_port }, new Uint8Array(18)))));
const wanted = made(5, 6);
const later = made(6, 7);

export default defineElement({
  name: 'FastUDPSource',
  config: {
    ...premadeArguments,
    srceth: macAddress({ doc: 'Source MAC address.' }),
    srcip: ipv4Address({ doc: 'Source address.' }),
    sport: transportPort('udp', { doc: 'Source port.' }),
    dsteth: macAddress({ doc: 'Destination MAC address.' }),
    dstip: ipv4Address({ doc: 'Destination address.' }),
    dport: transportPort('udp', { doc: 'Destination port.' }),
    ...datagramArguments,
  },
  ports: { outputs: { out: pull('The packets.') } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => datagramState(config),
  build({ config, warn }) {
    const payload = new Uint8Array(lengthOf(config, warn) - HEADERS_BYTES);
    const datagram = udp.make({ source_port: config.sport, destination_port: config.dport }, payload);
    const packet = ethernet.make({ source: config.srceth, destination: config.dsteth }, ipv4.make({ protocol: IP_PROTOCOL.udp, ttl: 250, source: config.srcip, destination: config.dstip }, datagram));
    const bytes = Uint8Array.from(checksummed(packet).bytes);
    if (!config.checksum) bytes.fill(0, 40, 42);
    return { bytes };
  },
  pull(context) {
    const { config, built, packets } = context;
    if (!isActive(context) || !isAllowed(context) || !isDue(context)) return null;
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markMacHeader(0);
    packet.markNetworkHeader(14);
    packet.markTransportHeader(34);
    if (config.interval > 0) raisePorts(packet, context, true);
    countMade(context);
    return packet;
  },
  timers: premadeTimers,
  handlers: premadeHandlers('type mismatch'),
  examples: [
    example('makes packets with headers', [], { out: wanted }, { config: '10, 1, 60, 0:0:0:0:0:1, 1.0.0.1, 5, 0:0:0:0:0:2, 2.0.0.2, 6', after: 'Unqueue' }),
    example('raises the ports', [], { out: [wanted, wanted, later] }, { config: '0, 3, 60, 0:0:0:0:0:1, 1.0.0.1, 5, 0:0:0:0:0:2, 2.0.0.2, 6, true, 2', after: 'Unqueue', counters: { count: 3 } }),
  ],
});
