/**
 * Makes UDP packets with IPv6 and Ethernet headers when it is pulled: RATE in a second, LIMIT in all. LENGTH is that of the frame without its
 * check sequence; the last bytes of the UDP header are missing in frames of less than 62. All are alike, but that both ports rise by one behind
 * every INTERVAL packets.
 */
import { checksummed6, defineElement, ethernet, ETHERTYPE, example, formatIpv6, ipv6, ipv6Address, macAddress, pull, transportPort, udp } from 'wirelet';
import { DESTINATION_6 } from '../ip6/destination-annotation.js';
import { countMade, isActive, isAllowed, isDue, LENGTH_MIN, premadeArguments, premadeHandlers, premadeTimers } from './premade.js';
import { datagramArguments, datagramState, raisePorts } from './raised-ports.js';

const NETWORK_START = ethernet.size;
const TRANSPORT_START = NETWORK_START + ipv6.size;
const HEADERS_BYTES = TRANSPORT_START + udp.size;

const addresses = { source: '2001:db8::1', destination: '2001:db8::2' };
const made = (source_port: number, destination_port: number) =>
  ethernet.make({ source: 1, destination: 2, type: 0x86dd }, checksummed6(ipv6.make({ ...addresses, hop_limit: 250 }, udp.make({ source_port, destination_port }, new Uint8Array(2)))));
const config = '0:0:0:0:0:1, 2001:db8::1, 5, 0:0:0:0:0:2, 2001:db8::2, 6';

export default defineElement({
  name: 'FastUDPSourceIP6',
  config: {
    ...premadeArguments,
    srceth: macAddress({ doc: 'Source MAC address.' }),
    srcip6: ipv6Address({ doc: 'Source address.' }),
    sport: transportPort('udp', { doc: 'Source port.' }),
    dsteth: macAddress({ doc: 'Destination MAC address.' }),
    dstip6: ipv6Address({ doc: 'Destination address.' }),
    dport: transportPort('udp', { doc: 'Destination port.' }),
    ...datagramArguments,
  },
  ports: { outputs: { out: pull('The packets.') } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => datagramState(config),
  build({ config, chatter }) {
    const length = Math.max(config.length, LENGTH_MIN);
    const payload = length - TRANSPORT_START;
    const datagram = udp.make({ source_port: config.sport, destination_port: config.dport, length: payload }, new Uint8Array(Math.max(0, length - HEADERS_BYTES)));
    const packet = checksummed6(ipv6.make({ payload_length: payload, hop_limit: 250, source: formatIpv6(config.srcip6), destination: formatIpv6(config.dstip6) }, datagram));
    const bytes = Uint8Array.from(ethernet.make({ source: config.srceth, destination: config.dsteth, type: ETHERTYPE.ipv6 }, packet.bytes).bytes);
    if (!config.checksum) bytes.fill(0, HEADERS_BYTES - 2, HEADERS_BYTES);
    return { bytes: bytes.subarray(0, length), whole: length >= HEADERS_BYTES, lengthened: length > config.length && chatter !== '' };
  },
  initialize({ built, log }) {
    if (!built.lengthened) return;
    log.text('warning: packet length < 60, defaulting to 60');
    log.end();
  },
  pull(context) {
    const { config, built, packets } = context;
    if (!isActive(context) || !isAllowed(context) || !isDue(context)) return null;
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markNetworkHeader(NETWORK_START);
    packet.markTransportHeader(TRANSPORT_START);
    for (let word = 0; word < 4; word += 1) packet.setAnnotationU32(DESTINATION_6 + word * 4, config.dstip6[word]!);
    if (config.interval > 0) raisePorts(packet, context, built.whole);
    countMade(context);
    return packet;
  },
  timers: premadeTimers,
  handlers: premadeHandlers('active parameter must be boolean'),
  examples: [
    example('makes packets with headers', [], { out: made(5, 6) }, { config: `10, 1, 64, ${config}`, after: 'Unqueue' }),
    example('raises the ports', [], { out: [made(5, 6), made(5, 6), made(6, 7)] }, { config: `0, 3, 64, ${config}, true, 2`, after: 'Unqueue', counters: { count: 3 } }),
    example('cuts short frames off', [], { out: Uint8Array.from([0, 5, 0, 6, 0, 6]) }, { config: `0, 1, 20, ${config}`, after: 'Unqueue -> Strip(54)' }),
  ],
});
