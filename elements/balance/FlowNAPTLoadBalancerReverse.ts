/**
 * Brings the answers of servers behind the FlowNAPTLoadBalancer that its argument names back to the clients, as if they came from the
 * address that these asked. Packets that are no such answers leave by the second output, or end there.
 */
import { checksummed, defineElement, example, ipv4, optional, text, udp } from 'wirelet';
import { answeredFlow } from './given-ports.js';
import { sendFrom, sendTo, setDestinationPort } from './servers.js';

const packetOf = (source: number, destination: number, destination_port: number) => checksummed(ipv4.make({ protocol: 17, source, destination }, udp.make({ source_port: 80, destination_port }, Uint8Array.from([1, 2]))));
const asked = checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination: 0x0a00_0064 }, udp.make({ source_port: 7, destination_port: 80 }, Uint8Array.from([1, 2]))));
const balancer = 'lb :: FlowNAPTLoadBalancer(DST 10.0.0.1, SIP 1.0.0.1)';

export default defineElement({
  name: 'FlowNAPTLoadBalancerReverse',
  config: { lb: text({ doc: 'The FlowNAPTLoadBalancer.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Answers for clients.', other: optional('Other packets.') } },
  peers: ({ lb }) => [lb],
  build({ config, elements, fail }) {
    const found = elements.named(config.lb);
    if (found === undefined || found.className !== 'FlowNAPTLoadBalancer') return fail(`"${config.lb}" is no FlowNAPTLoadBalancer`);
    return { timeout: found.config.timeout as number };
  },
  process(packet, { built, outputs, peers, clock }) {
    const { state } = peers[0]!;
    const slot = answeredFlow(packet, state, clock.microseconds, built.timeout);
    if (slot < 0) return outputs.other;
    sendFrom(packet, state.answers.asked[slot]);
    sendTo(packet, state.answers.host[slot]);
    setDestinationPort(packet, state.answers.host_port[slot]);
    return outputs.out;
  },
  examples: [
    example('brings answers back', asked, { out: packetOf(0x0a00_0064, 0x0900_0001, 7) }, { config: 'lb', beside: balancer, before: 'lb -> IPMirror' }),
    example('sorts out what nobody asked for', packetOf(0x0a00_0001, 0x0100_0001, 1024), { other: packetOf(0x0a00_0001, 0x0100_0001, 1024) }, { config: 'lb', beside: `Idle -> ${balancer} -> Discard` }),
  ],
});
