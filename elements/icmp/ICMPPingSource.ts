/**
 * Sends an ICMP echo request (RFC 792) from SRC to DST each INTERVAL, the first one at once, and measures how long the replies take
 * that come back to its input. The destination is the requests' destination annotation; sequence number and identification count up
 * from 1, and leave out 0.
 *
 * A reply counts once, if it comes from DST, has a right checksum and is for one of the last 1024 requests. After LIMIT requests and
 * another INTERVAL, STOP ends the run.
 */
import { array, bool, booleanValue, checksum, consumed, data, defineElement, duration, example, flag, formatIpv4, icmp, ICMP_TYPE, integer, integerValue, IP_PROTOCOL, ipv4, ipv4Address, optional, push, register, TIME_RANGE, u16, u32, type HandlerContext } from 'wirelet';
import { FRAGMENT_BITS } from '../ip/transport-offset.js';
import { attendToEnd, LIMIT_MAX, limitedState } from '../source/limited.js';

const FRESH_TTL = 255;
/** Requests whose replies are waited for; a power of two. */
const AWAITED = 1024;
const RTT_MAX_US = 0xffff_ffff;
/** Where the sum of all round trips stops: still an exact integer. */
const SUM_MAX_US = 4_503_599_627_370_496;

const A = 0x0a00_0001;
const B = 0x0a00_0002;
const request = (number: number, payload = new Uint8Array(), identifier = 0) =>
  ipv4.make({ protocol: 1, ttl: 255, identification: number, source: A, destination: B }, icmp.make({ type: 8, identifier, sequence: number }, payload));
const reply = (sequence: number, values: Parameters<typeof icmp.make>[0] = {}, outer: Parameters<typeof ipv4.make>[0] = {}) =>
  ipv4.make({ protocol: 1, source: B, destination: A, ...outer }, icmp.make({ type: 0, sequence, ...values }));

/** Microseconds as milliseconds, as ping programs show them. */
const milliseconds = (us: number) => (us / 1000).toFixed(3);

/** The mean of the round trips so far, in microseconds. */
function mean(sum_us: number, replies: number): number {
  return replies === 0 ? 0 : Math.round(sum_us / replies);
}

function begin({ state, timers }: HandlerContext<any, any, any>): void {
  Object.assign(state, { ended: false, reported: false });
  if (state.active) timers['next']!.after(0);
}

export default defineElement({
  name: 'ICMPPingSource',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    interval: duration({ default: 1_000_000, keyword: true, doc: 'Time from one request to the next.' }),
    identifier: integer({ max: 65_535, default: 0, keyword: true, doc: 'The ICMP identifier, which comes back in replies.' }),
    data: data({ default: new Uint8Array(), keyword: true, doc: 'What requests carry.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, keyword: true, doc: 'Requests in all; -1: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    verbose: bool({ default: true, keyword: true, doc: 'Print a line for each reply.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last request.' }),
    mirror: bool({ default: false, keyword: true, doc: 'Whether requests that come back mirrored (IPMirror) count as replies, too.' }),
  },
  ports: {
    inputs: { replies: optional(push('IPv4 packets with marked headers, the replies among them; they end here.')) },
    outputs: { out: push('Echo requests.') },
  },
  counters: {
    count: 'Requests sent.',
    replies: 'Replies to them.',
    unexpected: 'Packets that are no such replies, or came a second time.',
  },
  state: ({ config }) => ({
    ...limitedState(config.limit, config.active),
    sequence: register('u16', 1),
    sequences: array('u16', AWAITED),
    sent_us: array(TIME_RANGE, AWAITED),
    sum_us: register({ low: 0, high: SUM_MAX_US }),
    least_us: register('u32', RTT_MAX_US),
    most_us: register('u32'),
    measured: flag(),
  }),
  build({ config, fail }) {
    if (config.interval < 1) return fail('the interval is less than a microsecond');
    const message = icmp.make({ type: ICMP_TYPE.echo, identifier: config.identifier }, config.data);
    return { bytes: ipv4.make({ protocol: IP_PROTOCOL.icmp, ttl: FRESH_TTL, source: config.src, destination: config.dst }, message).bytes };
  },
  initialize({ state, timers }) {
    if (state.active) timers.next.after(0);
  },
  process(packet, { config, state, counters, clock, log }) {
    const header = ipv4.at(packet);
    const at = packet.transportHeaderOffset;
    const length = header.total_length - header.header_length * 4;
    if (header.protocol !== IP_PROTOCOL.icmp || header.source !== config.dst || (header.fragment & FRAGMENT_BITS) !== 0 || at < 0 || length < icmp.size || length > packet.transportLength) {
      counters.unexpected.add(1);
      return consumed;
    }
    const message = icmp.at(packet);
    const sequence = message.sequence;
    const place = sequence & (AWAITED - 1);
    const sent = state.sent_us[place]!;
    if ((message.type !== ICMP_TYPE.echo_reply && (!config.mirror || message.type !== ICMP_TYPE.echo)) || message.identifier !== config.identifier || sent === 0 || state.sequences[place] !== sequence || checksum.sum(packet, at, length) !== 0xffff) {
      counters.unexpected.add(1);
      return consumed;
    }
    state.sent_us[place] = 0;
    const took = u32(Math.min(RTT_MAX_US, Math.max(0, clock.microseconds - sent)));
    counters.replies.add(1);
    state.measured = true;
    state.sum_us = Math.min(SUM_MAX_US, state.sum_us + took);
    if (took < state.least_us) state.least_us = took;
    if (took > state.most_us) state.most_us = took;
    if (config.verbose) {
      log.decimal(length);
      log.text(' bytes: icmp_seq=');
      log.decimal(sequence);
      log.text(' ttl=');
      log.decimal(header.ttl);
      log.text(' time_us=');
      log.decimal(took);
      log.end();
    }
    return consumed;
  },
  timers: {
    next({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
      if (!state.active) return;
      if (state.limit >= 0 && state.made >= state.limit) {
        state.ended = true;
        return;
      }
      timers.next.after(config.interval);
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.markNetworkHeader(0);
      packet.markTransportHeader(ipv4.size);
      packet.destinationAddress = config.dst;
      const number = state.sequence;
      const header = ipv4.at(packet);
      header.identification = number;
      header.checksum = checksum.update(header.checksum, 0, number);
      const message = icmp.at(packet);
      message.sequence = number;
      message.checksum = checksum.update(message.checksum, 0, number);
      const place = number & (AWAITED - 1);
      state.sequences[place] = number;
      state.sent_us[place] = clock.microseconds;
      state.sequence = number === 65_535 ? 1 : u16(number + 1);
      state.made = u32(state.made + 1);
      counters.count.add(1);
      emit(outputs.out, packet);
    },
  },
  handlers: {
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value);
        begin(element);
      },
    },
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    dst: { doc: 'The destination.', read: ({ config }) => formatIpv4(config.dst), write: ({ reconfigure }, value) => reconfigure('dst', value) },
    count: { doc: 'Requests sent.', read: ({ state }) => String(state.made) },
    limit: {
      doc: 'Requests in all; -1: no limit.',
      write(element, value) {
        element.state.limit = integerValue(value, -1, LIMIT_MAX);
        begin(element);
      },
    },
    interval: { doc: 'Time from one request to the next.', write: ({ reconfigure }, value) => reconfigure('interval', value) },
    reset_counts: {
      doc: 'Begins to count and to measure anew.',
      write({ state, counters }) {
        Object.assign(state, { made: 0, sum_us: 0, least_us: RTT_MAX_US, most_us: 0, measured: false });
        for (const counter of Object.values(counters)) counter.value = 0;
      },
    },
    summary: {
      doc: 'Requests, replies, and the round trips in milliseconds.',
      read({ state, counters }) {
        const lost = state.made === 0 ? 0 : Math.round((100 * Math.max(0, state.made - counters.replies.value)) / state.made);
        const first = `${state.made} packets transmitted, ${counters.replies.value} received, ${lost}% packet loss\n`;
        return state.measured ? `${first}rtt min/avg/max = ${milliseconds(state.least_us)}/${milliseconds(mean(state.sum_us, counters.replies.value))}/${milliseconds(state.most_us)} ms\n` : first;
      },
    },
    rtt_min: { doc: 'The shortest round trip, in milliseconds.', read: ({ state }) => milliseconds(state.measured ? state.least_us : 0) },
    rtt_avg: { doc: 'The mean of the round trips, in milliseconds.', read: ({ state, counters }) => milliseconds(mean(state.sum_us, counters.replies.value)) },
    rtt_max: { doc: 'The longest round trip, in milliseconds.', read: ({ state }) => milliseconds(state.most_us) },
  },
  attend: (element) => attendToEnd(element),
  reconfigurable: true,
  examples: [
    example('sends requests', [], { out: [request(1), request(2)] }, { config: '10.0.0.1, 10.0.0.2, INTERVAL 10ms, LIMIT 2' }),
    example('gives them data and an identifier', [], { out: request(1, Uint8Array.from([65, 66]), 77) }, { config: '10.0.0.1, 10.0.0.2, IDENTIFIER 77, DATA AB, LIMIT 1' }),
    example('sends none when it is not active', [], {}, { config: '10.0.0.1, 10.0.0.2, ACTIVE false' }),
    example(
      'counts a reply once',
      [{ ...reply(1), at: 5000 }, { ...reply(1), at: 6000 }, { ...reply(2), at: 12_000 }],
      { out: [request(1), request(2)] },
      { config: '10.0.0.1, 10.0.0.2, INTERVAL 10ms, LIMIT 2', counters: { count: 2, replies: 2, unexpected: 1 } },
    ),
    example(
      'does not take other packets for replies',
      [reply(2), reply(1025), reply(1, { identifier: 1 }), reply(1, { type: 8 }), reply(1, { checksum: 1 }), reply(1, {}, { source: A }), reply(1, {}, { fragment_offset: 1 }), reply(1, {}, { total_length: 99 }), ipv4.make({ source: B }), reply(1)].map((packet) => ({ ...packet, at: 5000 })),
      { out: request(1) },
      { config: '10.0.0.1, 10.0.0.2, LIMIT 1', counters: { replies: 1, unexpected: 9 } },
    ),
    example('takes a request that was mirrored, if it shall', { ...reply(1, { type: 8 }), at: 5000 }, { out: request(1) }, { config: '10.0.0.1, 10.0.0.2, LIMIT 1, MIRROR true', counters: { replies: 1 } }),
    example('drops a packet that ends before its message', { ...reply(1), bytes: reply(1).bytes.subarray(0, 8), transportHeader: undefined }, { out: request(1), drop: 'no_transport_header' }, { config: '10.0.0.1, 10.0.0.2, LIMIT 1' }),
  ],
});
