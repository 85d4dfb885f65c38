/**
 * Lets each flow of IPv4 packets have RATE packets a second, and BURST at once; what is more leaves by the second output or, where nothing is connected, is dropped. A
 * flow is what has the same addresses, protocol and ports; the oldest is forgotten when there is no room for newer ones.
 */
import { defineElement, drop, example, integer, ipv4, optional, push, table, TIME_RANGE, u32, udp } from 'wirelet';
import { portsOf } from '../balance/servers.js';

/** What a packet costs; a microsecond earns RATE of it. */
const PACKET = 1_000_000;
const RATE_MAX = 1_000_000;
const BURST_MAX = 1000;

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'FlowRateLimiter',
  config: {
    rate: integer({ min: 1, max: RATE_MAX, unit: 'packets/s', doc: 'Packets a second that a flow may have.' }),
    burst: integer({ default: 32, min: 1, max: BURST_MAX, unit: 'packets', keyword: true, doc: 'Packets at once that it may have after a while.' }),
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets within the rate.', excess: optional(push('Packets beyond it.')) } },
  counters: { limited: 'Packets beyond the rate.' },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { credit: 'u32', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
  }),
  process(packet, { config, state, counters, outputs, clock }) {
    const header = ipv4.at(packet);
    const { flows } = state;
    const now = clock.microseconds;
    const most = config.burst * PACKET;
    let slot = flows.find(header.source, header.destination, portsOf(packet), header.protocol);
    let credit = most;
    if (slot >= 0) {
      const passed = Math.max(0, Math.min(now - flows.seen_us[slot], BURST_MAX * PACKET));
      credit = Math.min(most, flows.credit[slot]! + passed * config.rate);
    } else {
      slot = flows.insert(header.source, header.destination, portsOf(packet), header.protocol);
      if (slot < 0) return drop('table_full');
    }
    flows.seen_us[slot] = now;
    if (credit < PACKET) {
      flows.credit[slot] = u32(credit);
      counters.limited.add(1);
      return outputs.excess;
    }
    flows.credit[slot] = u32(credit - PACKET);
    return outputs.out;
  },
  examples: [
    example('limits each flow for itself', [from(1), from(1), from(2), from(1)], { out: [from(1), from(2)], excess: [from(1), from(1)] }, { config: '10, BURST 1', counters: { limited: 2 } }),
    example('lets a flow go on after a while', [from(1), { ...from(1), at: 50_000 }, { ...from(1), at: 120_000 }], { out: [from(1), from(1)], excess: from(1) }, { config: '10, BURST 1' }),
  ],
});
