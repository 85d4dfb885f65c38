/**
 * Asks which multicast groups hosts want: IGMPv2 general queries (RFC 2236, 3) from SRC to 224.0.0.1, the first one at once, then each INTERVAL. Put an
 * EtherEncap(0x0800, MAC, 01:00:5e:00:00:01) behind it.
 */
import { background, bool, booleanHandler, counterHandler, defineElement, duration, example, flag, ipv4, ipv4Address, push } from 'wirelet';
import { ALL_SYSTEMS, igmpMessage, QUERY, ROUTER_ALERT } from './igmp.js';

const RESPONSE_TENTHS = 100;
const query = ipv4.make({ protocol: 2, ttl: 1, tos: 0xc0, source: 0x0a00_0001, destination: ALL_SYSTEMS }, igmpMessage(QUERY, RESPONSE_TENTHS, 0), ROUTER_ALERT);

export default defineElement({
  name: 'IGMPQuerier',
  config: {
    src: ipv4Address({ doc: 'The address that queries come from.' }),
    interval: duration({ default: 125e6, keyword: true, doc: 'Time from one query to the next.' }),
    response: duration({ default: 10e6, keyword: true, doc: 'Time that hosts have to answer; at most 25.5 s.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
  },
  ports: { outputs: { out: push('Queries, as IPv4 packets.') } },
  counters: { count: 'Queries sent.' },
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config, fail }) {
    const tenths = Math.round(config.response / 100_000);
    if (tenths < 1 || tenths > 255) return fail('the time to answer is not between 0.1 s and 25.5 s');
    if (config.interval < 1000) return fail('the interval is less than a millisecond');
    return { bytes: ipv4.make({ protocol: 2, ttl: 1, tos: 0xc0, source: config.src, destination: ALL_SYSTEMS }, igmpMessage(QUERY, tenths, 0), ROUTER_ALERT).bytes };
  },
  initialize({ timers }) {
    timers.next.after(0);
  },
  timers: {
    next: background(({ config, built, state, counters, timers, outputs, packets, emit }) => {
      timers.next.after(config.interval);
      if (!state.active) return;
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.markNetworkHeader(0);
      packet.markTransportHeader(24);
      packet.destinationAddress = ALL_SYSTEMS;
      counters.count.add(1);
      emit(outputs.out, packet);
    }),
  },
  handlers: { count: counterHandler('count', 'Queries sent.'), active: booleanHandler('active', 'Whether it works.') },
  examples: [example('asks at once', [], { out: query }, { config: '10.0.0.1' }), example('does not ask when it is not active', [], {}, { config: '10.0.0.1, ACTIVE false' })],
});
