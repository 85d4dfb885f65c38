/**
 * Makes UDP packets with Ethernet headers when it is pulled, RATE in a second, LIMIT in all: of FLOWS flows with random ports, one chosen at random for each
 * packet. After FLOWSIZE packets a flow ends, and another takes its place.
 */
import { argumentHandler, array, bool, checksum, checksummed, defineElement, ethernet, example, IP_PROTOCOL, ipv4, pull, u16, u32, udp } from 'wirelet';
import { activeArgument, anyPort, flowArguments, HEADERS_BYTES } from './flow-source.js';
import { countMade, isActive, isAllowed, isDue, lengthOf, premadeHandlers, premadeState, premadeTimers } from './premade.js';

export default defineElement({
  name: 'FastUDPFlows',
  config: { ...flowArguments, checksum: bool({ default: true, doc: 'Whether the UDP checksum is set.' }), ...activeArgument },
  ports: { outputs: { out: pull('The packets.') } },
  counters: { count: 'Packets made.', flows_begun: 'Flows begun.' },
  state: ({ config }) => ({ ...premadeState(config), source: array('u16', config.flows), destination: array('u16', config.flows), left: array('u32', config.flows) }),
  build({ config, warn }) {
    const length = lengthOf(config, warn);
    const datagram = udp.make({ source_port: 0, destination_port: 0 }, new Uint8Array(length - HEADERS_BYTES));
    const packet = ethernet.make({ source: config.srceth, destination: config.dsteth }, ipv4.make({ protocol: IP_PROTOCOL.udp, ttl: 250, source: config.srcip, destination: config.dstip }, datagram));
    return { bytes: Uint8Array.from(checksummed(packet).bytes) };
  },
  pull(context) {
    const { config, built, state, counters, packets, random } = context;
    if (!isActive(context) || !isAllowed(context) || !isDue(context)) return null;
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markMacHeader(0);
    packet.markNetworkHeader(14);
    packet.markTransportHeader(34);
    const flow = random.below(config.flows) % config.flows;
    if (state.left[flow] === 0) {
      state.source[flow] = u16(anyPort(random));
      state.destination[flow] = u16(anyPort(random));
      state.left[flow] = config.flowsize;
      counters.flows_begun.add(1);
    }
    state.left[flow] = u32(state.left[flow]! - 1);
    const header = udp.at(packet);
    header.source_port = state.source[flow]!;
    header.destination_port = state.destination[flow]!;
    if (config.checksum) {
      const sum = checksum.update(checksum.update(header.checksum, 0, state.source[flow]!), 0, state.destination[flow]!);
      header.checksum = sum === 0 ? 0xffff : sum;
    } else {
      header.checksum = 0;
    }
    countMade(context);
    return packet;
  },
  timers: premadeTimers,
  handlers: { ...(premadeHandlers('active parameter must be boolean') as any), length: argumentHandler('length', 'Bytes of each packet.') },
  reconfigurable: true,
  examples: [
    example('begins a flow when one ends', [], { out: [new Uint8Array(14), new Uint8Array(14), new Uint8Array(14)] }, { config: '1000, 3, 60, 0:0:0:0:0:1, 1.0.0.1, 0:0:0:0:0:2, 2.0.0.2, 1, 2', after: 'Unqueue -> Truncate(14) -> RandomBitErrors(1, clear)', counters: { count: 3, flows_begun: 2 } }),
    example('has right checksums', [], { out: new Uint8Array(14) }, { config: '1000, 1, 60, 0:0:0:0:0:1, 1.0.0.1, 0:0:0:0:0:2, 2.0.0.2, 1, 2', after: 'Unqueue -> CheckUDPHeader -> Truncate(14) -> RandomBitErrors(1, clear)' }),
  ],
});
