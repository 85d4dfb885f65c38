/**
 * Lets each flow of IPv4 packets have RATE packets a second, and BURST_SIZE at once, or as many as RATE gives in BURST_DURATION; what is more leaves by the second output or, where nothing is connected, is dropped. A
 * flow is what has the same addresses, protocol and ports; the oldest is forgotten when there is no room for newer ones.
 */
import { counterHandler, defineElement, drop, duration, example, integer, ipv4, optional, push, table, TIME_RANGE, udp } from 'wirelet';
import { portsOf } from '../balance/servers.js';

/** What a packet costs; a microsecond earns RATE of it. */
const PACKET = 1_000_000;
const RATE_MAX = 1_000_000;
const BURST_MAX = 1_000_000;
const DURATION_US = 20_000;
/** A flow that rests longer earns no more: 1000 s. */
const REST_MAX_US = 1_000_000_000;

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'FlowRateLimiter',
  config: {
    rate: integer({ min: 1, max: RATE_MAX, unit: 'packets/s', doc: 'Packets a second that a flow may have.' }),
    burst_duration: duration({ required: false, keyword: true, doc: 'It may have at once what RATE gives in this time, 20 ms unless given, and one packet at least.' }),
    burst_size: integer({ required: false, min: 0, max: BURST_MAX, unit: 'packets', keyword: true, doc: 'Packets at once that it may have after a while.' }),
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Packets within the rate.', excess: optional(push('Packets beyond it.')) } },
  counters: { limited: 'Packets beyond the rate.' },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { credit: 'u53', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
  }),
  build({ config: { rate, burst_duration, burst_size }, fail }) {
    if (burst_duration !== undefined && burst_size !== undefined) return fail('cannot specify both BURST_DURATION and BURST_SIZE');
    const burst = burst_size ?? Math.trunc((rate * Math.round((burst_duration ?? DURATION_US) / 1000)) / 1000);
    return { most: Math.min(BURST_MAX, Math.max(1, burst)) * PACKET };
  },
  process(packet, { config, built, state, counters, outputs, clock }) {
    const header = ipv4.at(packet);
    const { flows } = state;
    const now = clock.microseconds;
    const { most } = built;
    let slot = flows.find(header.source, header.destination, portsOf(packet), header.protocol);
    let credit = most;
    if (slot >= 0) {
      const passed = Math.max(0, Math.min(now - flows.seen_us[slot], REST_MAX_US));
      credit = Math.min(most, Math.min(flows.credit[slot]!, most) + passed * config.rate);
    } else {
      slot = flows.insert(header.source, header.destination, portsOf(packet), header.protocol);
      if (slot < 0) return drop('table_full');
    }
    flows.seen_us[slot] = now;
    if (credit < PACKET) {
      flows.credit[slot] = credit;
      counters.limited.add(1);
      return outputs.excess;
    }
    flows.credit[slot] = credit - PACKET;
    return outputs.out;
  },
  handlers: { dropped: counterHandler('limited', 'Packets beyond the rate.') },
  examples: [
    example('limits each flow for itself', [from(1), from(1), from(2), from(1)], { out: [from(1), from(2)], excess: [from(1), from(1)] }, { config: '10, BURST_SIZE 1', counters: { limited: 2 } }),
    example('lets a flow go on after a while', [from(1), { ...from(1), at: 50_000 }, { ...from(1), at: 120_000 }], { out: [from(1), from(1)], excess: from(1) }, { config: '10, BURST_SIZE 1' }),
    example('lets a flow have at once what its rate gives in a while', [from(1), from(1), from(1)], { out: [from(1), from(1)], excess: from(1) }, { config: '100, BURST_DURATION 25ms' }),
  ],
});
