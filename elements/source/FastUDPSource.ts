/**
 * Makes UDP packets with Ethernet headers, all alike, when it is pulled: RATE in a second, LIMIT in all. LENGTH is that of the frame without its
 * check sequence.
 */
import { bool, checksummed, defineElement, duration, ethernet, example, flag, integer, IP_PROTOCOL, ipv4, ipv4Address, macAddress, pull, register, udp, u32 } from 'wirelet';
import { isDue, LIMIT_MAX, premadeHandlers, RATE_MAX } from './premade.js';

const HEADERS_BYTES = 42;
const wanted = checksummed(ethernet.make({ source: 1, destination: 2 }, ipv4.make({ protocol: 17, ttl: 250, source: 0x0100_0001, destination: 0x0200_0002 }, udp.make({ source_port: 5, destination_port: 6 }, new Uint8Array(18)))));

export default defineElement({
  name: 'FastUDPSource',
  config: {
    rate: integer({ min: 0, max: RATE_MAX, doc: 'Packets in a second.' }),
    limit: integer({ min: -1, max: LIMIT_MAX, doc: 'Packets in all; -1: no limit.' }),
    length: integer({ min: 60, max: 1500, doc: 'Bytes of each frame.' }),
    srceth: macAddress({ doc: 'Source MAC address.' }),
    srcip: ipv4Address({ doc: 'Source address.' }),
    sport: integer({ min: 0, max: 65_535, doc: 'Source port.' }),
    dsteth: macAddress({ doc: 'Destination MAC address.' }),
    dstip: ipv4Address({ doc: 'Destination address.' }),
    dport: integer({ min: 0, max: 65_535, doc: 'Destination port.' }),
    checksum: bool({ default: true, doc: 'Whether the UDP checksum is set.' }),
    interval: duration({ default: 0, doc: 'Time for which packets are made, instead of LIMIT; 0: none.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
  },
  ports: { outputs: { out: pull('The packets.') } },
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({
    made: register('u32'),
    limit: register({ low: -1, high: LIMIT_MAX }, config.interval > 0 ? Math.min(LIMIT_MAX, Math.floor((config.interval / 1e6) * config.rate)) : config.limit),
    rate: register({ low: 0, high: RATE_MAX }, config.rate),
    begin_us: register('u53'),
    active: flag(config.active),
  }),
  build({ config }) {
    const payload = new Uint8Array(config.length - HEADERS_BYTES);
    const datagram = udp.make({ source_port: config.sport, destination_port: config.dport }, payload);
    const packet = ethernet.make({ source: config.srceth, destination: config.dsteth }, ipv4.make({ protocol: IP_PROTOCOL.udp, ttl: 250, source: config.srcip, destination: config.dstip }, datagram));
    const bytes = Uint8Array.from(checksummed(packet).bytes);
    if (!config.checksum) bytes.fill(0, 40, 42);
    return { bytes };
  },
  pull({ built, state, counters, clock, packets, timers }) {
    if (!state.active) return null;
    if (state.begin_us === 0) state.begin_us = clock.microseconds;
    if (!isDue(state.made, state.limit, state.rate, state.begin_us, clock.microseconds)) {
      // Who pulls is to ask again when the next one may be due.
      if (state.rate > 0 && (state.limit < 0 || state.made < state.limit)) timers.next.after(Math.max(1, Math.trunc(1_000_000 / Math.max(1, state.rate))));
      return null;
    }
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    packet.markMacHeader(0);
    packet.markNetworkHeader(14);
    packet.markTransportHeader(34);
    state.made = u32(state.made + 1);
    counters.count.add(1);
    return packet;
  },
  timers: {
    next() {
      // The round that it wakes is what it is for.
    },
  },
  handlers: premadeHandlers,
  examples: [example('makes packets with headers', [], { out: wanted }, { config: '10, 1, 60, 0:0:0:0:0:1, 1.0.0.1, 5, 0:0:0:0:0:2, 2.0.0.2, 6', after: 'Unqueue' })],
});
