/**
 * Brings the answers of servers behind the FlowNAPTLoadBalancer that its argument names back to the clients, as if they came from its VIP. Packets that are no such
 * answers leave by the second output, or end there.
 */
import { checksummed, defineElement, example, IP_PROTOCOL, ipv4, optional, text, udp } from 'wirelet';
import { portsOf, sendFrom, sendTo, setDestinationPort } from './servers.js';

const packetOf = (source: number, destination: number, destination_port: number) => checksummed(ipv4.make({ protocol: 17, source, destination }, udp.make({ source_port: 80, destination_port }, Uint8Array.from([1, 2]))));
const asked = checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination: 0x0a00_0064 }, udp.make({ source_port: 7, destination_port: 80 }, Uint8Array.from([1, 2]))));
const balancer = 'lb :: FlowNAPTLoadBalancer(1.0.0.1, 10.0.0.100, 10.0.0.1)';

export default defineElement({
  name: 'FlowNAPTLoadBalancerReverse',
  config: { balancer: text({ doc: 'The FlowNAPTLoadBalancer.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Answers for clients.', other: optional('Other packets.') } },
  peers: ({ balancer }) => [balancer],
  build({ config, elements, fail }) {
    const found = elements.named(config.balancer);
    if (found === undefined || found.className !== 'FlowNAPTLoadBalancer') return fail(`"${config.balancer}" is no FlowNAPTLoadBalancer`);
    return { sip: found.config.sip as number, vip: found.config.vip as number, timeout: found.config.timeout as number };
  },
  process(packet, { built, outputs, peers, clock }) {
    const header = ipv4.at(packet);
    const protocol = header.protocol;
    if (header.destination !== built.sip || (protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp)) return outputs.other;
    const { answers } = peers[0]!.state;
    const slot = answers.find(header.source, portsOf(packet), protocol);
    if (slot < 0 || clock.microseconds - answers.seen_us[slot] > built.timeout) return outputs.other;
    answers.seen_us[slot] = clock.microseconds;
    sendFrom(packet, built.vip);
    sendTo(packet, answers.client[slot]);
    setDestinationPort(packet, answers.client_port[slot]);
    return outputs.out;
  },
  examples: [
    example('brings answers back', asked, { out: packetOf(0x0a00_0064, 0x0900_0001, 7) }, { config: 'lb', beside: balancer, before: 'lb -> IPMirror' }),
    example('sorts out what nobody asked for', packetOf(0x0a00_0001, 0x0100_0001, 1024), { other: packetOf(0x0a00_0001, 0x0100_0001, 1024) }, { config: 'lb', beside: `Idle -> ${balancer} -> Discard` }),
  ],
});
