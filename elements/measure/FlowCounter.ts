/**
 * Counts the flows of IPv4 packets: those that were seen, those that are going on, and how many packets they have. A flow is what has the same addresses, protocol and
 * ports; it is over when nothing was heard of it for TIMEOUT, or when there is no room for newer ones, the oldest first.
 */
import { counterHandler, defineElement, duration, example, integer, ipv4, table, TIME_RANGE, u32, udp } from 'wirelet';
import { portsOf } from '../balance/servers.js';

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'FlowCounter',
  config: {
    timeout: duration({ default: 60e6, keyword: true, doc: 'Time without packets after which a flow is over.' }),
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.' } },
  counters: { flows: 'Flows that were seen.', flow_packets: 'Packets of flows.' },
  split: 'flows',
  state: ({ config }) => ({
    known: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { packets: 'u32', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
  }),
  process(packet, { config, state, counters, outputs, clock }) {
    const header = ipv4.at(packet);
    const { known } = state;
    const now = clock.microseconds;
    let slot = known.find(header.source, header.destination, portsOf(packet), header.protocol);
    if (slot >= 0 && now - known.seen_us[slot] > config.timeout) {
      known.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      slot = known.insert(header.source, header.destination, portsOf(packet), header.protocol);
      if (slot < 0) return outputs.out;
      known.packets[slot] = 0;
      counters.flows.add(1);
    }
    known.packets[slot] = u32(known.packets[slot]! + 1);
    known.seen_us[slot] = now;
    counters.flow_packets.add(1);
    return outputs.out;
  },
  handlers: {
    count: counterHandler('flows', 'Flows that were seen.'),
    open: {
      doc: 'Flows that are going on.',
      read({ config, state, microseconds }) {
        let open = 0;
        for (let slot = 0; slot < state.known.slots; slot += 1) if (state.known.occupied(slot) && microseconds - state.known.seen_us[slot]! <= config.timeout) open += 1;
        return String(open);
      },
    },
    average: { doc: 'Packets of a flow, in the mean.', read: ({ counters }) => String(counters.flows.value === 0 ? 0 : counters.flow_packets.value / counters.flows.value) },
  },
  examples: [example('counts flows', [from(1), from(2), from(1)], { out: [from(1), from(2), from(1)] }, { counters: { flows: 2, flow_packets: 3 } })],
});
