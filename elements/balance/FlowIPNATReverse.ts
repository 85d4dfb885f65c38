/**
 * Brings the answers to packets of the FlowIPNAT that its argument names back to the hosts that sent them. Packets that are no such answers leave by the
 * second output, or end there.
 */
import { checksummed, defineElement, example, ipv4, optional, text, udp } from 'wirelet';
import { answeredFlow } from './given-ports.js';
import { sendTo, setDestinationPort } from './servers.js';

const answer = (destination: number, destination_port: number) => checksummed(ipv4.make({ protocol: 17, source: 0x0900_0001, destination }, udp.make({ source_port: 80, destination_port }, Uint8Array.from([1, 2]))));
const beside = 'Idle -> nat :: FlowIPNAT(1.0.0.1) -> Discard';

export default defineElement({
  name: 'FlowIPNATReverse',
  config: { nat: text({ doc: 'The FlowIPNAT.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Answers for the hosts inside.', other: optional('Other packets.') } },
  peers: ({ nat }) => [nat],
  build({ config, elements, fail }) {
    const nat = elements.named(config.nat);
    if (nat === undefined || nat.className !== 'FlowIPNAT') return fail(`"${config.nat}" is no FlowIPNAT`);
    return { sip: nat.config.sip as number, timeout: nat.config.timeout as number };
  },
  process(packet, { built, outputs, peers, clock }) {
    const { state } = peers[0]!;
    const slot = ipv4.at(packet).destination === built.sip ? answeredFlow(packet, state, clock.microseconds, built.timeout) : -1;
    if (slot < 0) return outputs.other;
    sendTo(packet, state.answers.host[slot]);
    setDestinationPort(packet, state.answers.host_port[slot]);
    return outputs.out;
  },
  examples: [
    example(
      'brings answers back',
      checksummed(ipv4.make({ protocol: 17, source: 0x0a00_0001, destination: 0x0900_0001 }, udp.make({ source_port: 7, destination_port: 80 }, Uint8Array.from([1, 2])))),
      { out: answer(0x0a00_0001, 7) },
      { config: 'nat', beside: 'nat :: FlowIPNAT(1.0.0.1)', before: 'nat -> IPMirror' },
    ),
    example('sorts out what nobody asked for', answer(0x0100_0001, 1024), { other: answer(0x0100_0001, 1024) }, { config: 'nat', beside }),
    example('sorts out what is for others', answer(0x0100_0002, 1024), { other: answer(0x0100_0002, 1024) }, { config: 'nat', beside }),
  ],
});
