/**
 * Makes TCP packets with Ethernet headers when it is pulled, RATE in a second, LIMIT in all: of FLOWS flows with random ports, one chosen at random for each
 * packet. A flow begins with a SYN, goes on with data, and ends with a FIN as its packet FLOWSIZE, of which there are 3 at
 * least; then another takes its place. Behind LIMIT packets all flows that have not ended do so: a FIN for each.
 */
import { array, checksum, checksummed, defineElement, ethernet, example, IP_PROTOCOL, ipv4, pull, tcp, TCP_FLAG, u16, u32 } from 'wirelet';
import { activeArgument, anyPort, flowArguments } from './flow-source.js';
import { countMade, isActive, isAllowed, isDue, lengthOf, premadeHandlers, premadeState, premadeTimers } from './premade.js';

const HEADERS_BYTES = 54;
const FLOWSIZE_MIN = 3;

export default defineElement({
  name: 'FastTCPFlows',
  config: { ...flowArguments, ...activeArgument },
  ports: { outputs: { out: pull('The packets.') } },
  counters: { count: 'Packets made.', flows_begun: 'Flows begun.' },
  state: ({ config }) => ({ ...premadeState(config), source: array('u16', config.flows), destination: array('u16', config.flows), left: array('u32', config.flows) }),
  build({ config, warn }) {
    const length = lengthOf(config, warn);
    const segment = tcp.make({ source_port: 0, destination_port: 0, flags: 0, window: 65_535 }, new Uint8Array(length - HEADERS_BYTES));
    const packet = ethernet.make({ source: config.srceth, destination: config.dsteth }, ipv4.make({ protocol: IP_PROTOCOL.tcp, ttl: 250, source: config.srcip, destination: config.dstip }, segment));
    if (config.flowsize < FLOWSIZE_MIN) warn(`flows have ${FLOWSIZE_MIN} packets at least`, undefined, undefined, `flow size < ${FLOWSIZE_MIN}, defaulting to ${FLOWSIZE_MIN}`);
    return { flowsize: Math.max(FLOWSIZE_MIN, config.flowsize), bytes: Uint8Array.from(checksummed(packet).bytes), begin: TCP_FLAG.syn, data: TCP_FLAG.ack | TCP_FLAG.psh, end: TCP_FLAG.fin };
  },
  pull(context) {
    const { config, built, state, counters, packets, random } = context;
    if (!isActive(context)) return null;
    const ending = !isAllowed(context);
    let flow = 0;
    if (ending) {
      // The first flow that has not ended.
      for (let each = 0; each < config.flows; each += 1) {
        if (flow === each && state.source[each] !== 0 && state.left[each] === 0) flow = each + 1;
      }
      if (flow >= config.flows) return null;
    }
    if (!isDue(context)) return null;
    if (!ending) flow = random.below(config.flows) % config.flows;
    const fresh = state.left[flow] === 0;
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markMacHeader(0);
    packet.markNetworkHeader(14);
    packet.markTransportHeader(34);
    if (fresh) {
      state.source[flow] = u16(anyPort(random));
      state.destination[flow] = u16(anyPort(random));
      state.left[flow] = built.flowsize;
      counters.flows_begun.add(1);
    }
    const flags = ending || state.left[flow] === 1 ? built.end : fresh ? built.begin : built.data;
    state.left[flow] = ending ? 0 : u32(state.left[flow]! - 1);
    const header = tcp.at(packet);
    header.flags = flags;
    header.source_port = state.source[flow]!;
    header.destination_port = state.destination[flow]!;
    header.checksum = checksum.update(checksum.update(checksum.update(header.checksum, 0, flags), 0, state.source[flow]!), 0, state.destination[flow]!);
    countMade(context);
    return packet;
  },
  timers: premadeTimers,
  handlers: premadeHandlers('active parameter must be boolean') as any,
  examples: [
    example('begins, goes on and ends flows, the last one behind the limit', [], { out: [2, 0x18, 1, 2, 1].map((flags) => Uint8Array.from([flags])) }, { config: '1000, 4, 60, 0:0:0:0:0:1, 1.0.0.1, 0:0:0:0:0:2, 2.0.0.2, 1, 3', after: 'Unqueue -> Strip(14) -> CheckTCPHeader -> Strip(33) -> Truncate(1)', counters: { count: 5, flows_begun: 2 } }),
  ],
});
