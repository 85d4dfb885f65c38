/**
 * Sends an ICMP echo request (RFC 792) from SRC to DST each INTERVAL, or one whenever it is pulled, and measures how long the replies take
 * that come back to its input. The destination is the requests' destination annotation; sequence number and identification count up
 * from 1, and leave out 0. With MIRROR each reply is answered at once by another request with its data.
 *
 * A reply counts if it comes from DST, has a right checksum and is for one of the last 1024 requests. After LIMIT requests and
 * another INTERVAL, or pull, STOP ends the run. `wirelet click` says at the end how it went. ICMPSendPings is another name of it.
 */
import { array, bool, booleanValue, checksum, checksummed, consumed, copyConstant, data, defineElement, duration, example, formatIpv4, icmp, ICMP_TYPE, integer, integerValue, IP_PROTOCOL, ipv4, ipv4Address, logAddress, many, push, register, TIME_RANGE, u16, u32, type HandlerContext, type Packet, type u53 } from 'wirelet';
import { FRAGMENT_BITS } from '../ip/transport-offset.js';
import { attendToEnd, LIMIT_MAX, limitedState } from '../source/limited.js';

const FRESH_TTL = 200;
/** Requests whose replies are waited for; a power of two. */
const AWAITED = 1024;
const RTT_MAX_US = 0xffff_ffff;
/** Where the sum of all round trips stops: still an exact integer. */
const SUM_MAX_US = 4_503_599_627_370_496;
/** The last time there is. */
const LAST_US = TIME_RANGE.high;
/** The longest round trip whose square is an exact integer. */
const SQUARED_MAX_US = 0x3ff_ffff;

const A = 0x0a00_0001;
const B = 0x0a00_0002;
const request = (number: number, payload = new Uint8Array(), identifier = 0) =>
  ipv4.make({ protocol: 1, ttl: 200, identification: number, source: A, destination: B }, icmp.make({ type: 8, identifier, sequence: number }, payload));
const reply = (sequence: number, values: Parameters<typeof icmp.make>[0] = {}, outer: Parameters<typeof ipv4.make>[0] = {}) =>
  ipv4.make({ protocol: 1, source: B, destination: A, ...outer }, icmp.make({ type: 0, sequence, ...values }));

/** Microseconds as milliseconds, as ping programs show them. */
const milliseconds = (us: number) => (us / 1000).toFixed(3);
/** Microseconds as seconds, without zeros at the end. */
const seconds = (us: number) => String(us / 1e6);
/** How far round trips are from their mean, in microseconds. */
const deviation = (squares: number, sum: number, replies: number) => (replies === 0 ? 0 : Math.floor(Math.sqrt(Math.max(0, Math.floor(squares / replies) - Math.floor(sum / replies) ** 2))));

/** The mean of the round trips so far, in microseconds. */
function mean(sum_us: number, replies: number): number {
  return replies === 0 ? 0 : Math.floor(sum_us / replies);
}

/** What of the state the functions here use. */
interface Pings {
  readonly active: boolean;
  readonly limit: number;
  readonly made: number;
  due_us: number;
  readonly sum_us: number;
  readonly squares: number;
  readonly least_us: number;
  readonly most_us: number;
}
type Pinging = Omit<HandlerContext<any, any, any>, 'state'> & { readonly state: Pings };

/** Goes on after `wait` microseconds, if it rests and has something to do. */
function goOn({ state, timers, microseconds }: Pinging, wait: number): void {
  Object.assign(state, { ended: false, reported: false });
  if (!state.active || (state.limit >= 0 && state.made >= state.limit) || timers['next']!.pending) return;
  state.due_us = microseconds + wait;
  timers['next']!.at(state.due_us);
}

function summary({ state, counters }: Pinging): string {
  const { made } = state;
  const replies = counters.replies!.value;
  const duplicates = counters.duplicates!.value;
  const loss = made === 0 ? '' : `, ${Math.max(0, Math.trunc(((made - replies) * 100) / made))}% packet loss\n`;
  const first = `${made} packets transmitted, ${replies} received${duplicates > 0 ? `, +${duplicates} duplicates` : ''}${loss}`;
  const all = replies + duplicates;
  if (all === 0) return first;
  const [least, average, most, mdev] = [state.least_us, mean(state.sum_us, all), state.most_us, deviation(state.squares, state.sum_us, all)].map(milliseconds);
  return `${first}rtt min/avg/max/mdev = ${least}/${average}/${most}/${mdev}\n`;
}

/** Makes one of the template: its number, and with data of its own its length. */
function number(packet: Packet, sequence: u16, dst: u32, now: u53): void {
  packet.timestampSeconds = u32(Math.trunc(now / 1_000_000));
  packet.timestampNanoseconds = u32((now % 1_000_000) * 1000);
  packet.markNetworkHeader(0);
  packet.markTransportHeader(ipv4.size);
  packet.destinationAddress = dst;
  const header = ipv4.at(packet);
  header.identification = sequence;
  header.total_length = u16(packet.length);
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, 0, ipv4.size));
  const message = icmp.at(packet);
  message.sequence = sequence;
  message.checksum = 0;
  message.checksum = checksum.finish(checksum.sum(packet, ipv4.size, Math.max(0, packet.length - ipv4.size)));
}

type Cells = { [index: number]: number; readonly length: number };

/** Notes that request `sequence` leaves now; the number of the next one. */
function noteSent(state: { sequences: Cells; sent_us: Cells; answered: Cells }, sequence: u16, now: u53): u16 {
  const place = sequence & (AWAITED - 1);
  state.sequences[place] = sequence;
  state.sent_us[place] = now;
  state.answered[place] = 0;
  return sequence === 65_535 ? 1 : u16(sequence + 1);
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
    mirror: bool({ default: false, keyword: true, doc: 'Whether each reply is answered by another request.' }),
  },
  ports: {
    inputs: push(many('IPv4 packets with marked headers, the replies among them; they end here.', { max: 1 })),
    outputs: { out: 'Echo requests.' },
  },
  separatePorts: true,
  counters: {
    count: 'Requests sent.',
    replies: 'Replies to them.',
    duplicates: 'Replies that came again.',
    unexpected: 'Packets that are no such replies.',
  },
  state: ({ config }) => ({
    ...limitedState(config.limit, config.active),
    sequence: register('u16', 1),
    sequences: array('u16', AWAITED),
    sent_us: array(TIME_RANGE, AWAITED),
    answered: array('u8', AWAITED),
    /** When the next request leaves. */
    due_us: register(TIME_RANGE),
    sum_us: register({ low: 0, high: SUM_MAX_US }),
    squares: register({ low: 0, high: SUM_MAX_US }),
    least_us: register('u32', RTT_MAX_US),
    most_us: register('u32'),
  }),
  build({ config, chatter, warn }) {
    if (config.interval < 1) warn('INTERVAL so small that it is zero', undefined, undefined, 'INTERVAL so small that it is zero');
    const message = icmp.make({ type: ICMP_TYPE.echo, identifier: config.identifier }, config.data);
    const declaration = chatter === '' ? '' : `${chatter} :: ICMPPingSource: `;
    return { bytes: ipv4.make({ protocol: IP_PROTOCOL.icmp, ttl: FRESH_TTL, source: config.src, destination: config.dst }, message).bytes, declaration };
  },
  initialize({ config, state, clock, timers }) {
    state.due_us = Math.min(LAST_US, clock.microseconds + Math.max(1, config.interval));
    if (state.active && state.limit !== 0) timers.next.at(state.due_us);
  },
  process(packet, { config, built, state, counters, clock, log, outputs }) {
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
    if (message.type !== ICMP_TYPE.echo_reply || message.identifier !== config.identifier || sent === 0 || state.sequences[place] !== sequence || checksum.sum(packet, at, length) !== 0xffff) {
      counters.unexpected.add(1);
      return consumed;
    }
    if (state.answered[place] !== 0) counters.duplicates.add(1);
    else counters.replies.add(1);
    state.answered[place] = 1;
    const took = u32(Math.min(RTT_MAX_US, Math.max(0, clock.microseconds - sent)));
    state.sum_us = Math.min(SUM_MAX_US, state.sum_us + took);
    const short = Math.min(took, SQUARED_MAX_US);
    state.squares = Math.min(SUM_MAX_US, state.squares + short * short);
    if (took < state.least_us) state.least_us = took;
    if (took > state.most_us) state.most_us = took;
    if (config.verbose) {
      if (built.declaration.length > 0) log.text(built.declaration);
      log.decimal(length - icmp.size);
      log.text(' bytes from');
      log.text(' ');
      logAddress(log, header.source);
      log.text(': icmp_seq=');
      log.decimal(sequence);
      log.text(' ttl=');
      log.decimal(header.ttl);
      log.text(' time=');
      log.decimal(Math.trunc(took / 1000));
      const rest = took % 1000;
      if (rest < 10) log.text('.00');
      else if (rest < 100) log.text('.0');
      else log.text('.');
      log.decimal(rest);
      log.text(' ms');
      log.end();
    }
    if (!config.mirror) return consumed;
    const base = packet.networkHeaderOffset;
    if (base > 0) packet.strip(base);
    copyConstant(packet, 0, built.bytes, 0, ipv4.size + icmp.size);
    const next = state.sequence;
    number(packet, next, config.dst, clock.microseconds);
    state.sequence = noteSent(state, next, clock.microseconds);
    state.made = u32(state.made + 1);
    counters.count.add(1);
    return outputs.out;
  },
  pull({ config, built, state, counters, clock, packets }) {
    if (!state.active) return null;
    if (state.limit >= 0 && state.made >= state.limit) {
      state.ended = true;
      return null;
    }
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    const next = state.sequence;
    number(packet, next, config.dst, clock.microseconds);
    state.sequence = noteSent(state, next, clock.microseconds);
    state.made = u32(state.made + 1);
    counters.count.add(1);
    return packet;
  },
  run({ config, built, state, counters, outputs, clock, timers, packets, emit }) {
    const now = clock.microseconds;
    if (!state.active || state.ended || now < state.due_us) return false;
    if (state.limit >= 0 && state.made >= state.limit) {
      state.ended = true;
      return false;
    }
    state.due_us = Math.min(LAST_US, now + Math.max(1, config.interval));
    timers.next.at(state.due_us);
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return true;
    const next = state.sequence;
    number(packet, next, config.dst, clock.microseconds);
    state.sequence = noteSent(state, next, now);
    state.made = u32(state.made + 1);
    counters.count.add(1);
    emit(outputs.out, packet);
    return true;
  },
  timers: {
    next() {
      // The round that it wakes is what it is for.
    },
  },
  handlers: {
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value);
        if (element.state.active) goOn(element, 0);
        else element.timers.next!.cancel();
      },
    },
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    dst: { doc: 'The destination.', read: ({ config }) => formatIpv4(config.dst), write: ({ reconfigure }, value) => reconfigure('dst', value) },
    count: { doc: 'Requests sent.', read: ({ state }) => String(state.made) },
    limit: {
      doc: 'Requests in all; -1: no limit.',
      write(element, value) {
        element.state.limit = integerValue(value, -1, LIMIT_MAX);
        goOn(element, element.config.interval);
      },
    },
    interval: { doc: 'Time from one request to the next.', write: ({ reconfigure }, value) => reconfigure('interval', value) },
    reset_counts: {
      doc: 'Begins to count and to measure anew.',
      write(element) {
        Object.assign(element.state, { made: 0, sum_us: 0, squares: 0, least_us: RTT_MAX_US, most_us: 0 });
        for (const counter of Object.values(element.counters)) counter.value = 0;
        goOn(element, element.config.interval);
      },
    },
    summary: { doc: 'Requests, replies, and the round trips in milliseconds.', read: summary },
    rtt_min: { doc: 'The shortest round trip, in seconds.', read: ({ state, counters }) => seconds(counters.replies.value === 0 ? 0 : state.least_us) },
    rtt_avg: { doc: 'The mean of the round trips, in seconds.', read: ({ state, counters }) => seconds(mean(state.sum_us, counters.replies.value + counters.duplicates.value)) },
    rtt_max: { doc: 'The longest round trip, in seconds.', read: ({ state }) => seconds(state.most_us) },
  },
  attend: (element) => attendToEnd(element),
  finish(element) {
    if (element.inputs.length === 0 || !element.config.verbose) return;
    for (const line of summary(element).trimEnd().split('\n')) element.report(`${element.name} :: ICMPPingSource: ${line}`);
  },
  reconfigurable: true,
  examples: [
    example('sends requests', [], { out: [request(1), request(2)] }, { config: '10.0.0.1, 10.0.0.2, INTERVAL 10ms, LIMIT 2' }),
    example('gives them data and an identifier', [], { out: request(1, Uint8Array.from([65, 66]), 77) }, { config: '10.0.0.1, 10.0.0.2, IDENTIFIER 77, DATA AB, LIMIT 1' }),
    example('sends none when it is not active', [], {}, { config: '10.0.0.1, 10.0.0.2, ACTIVE false' }),
    example(
      'counts a reply once',
      [{ ...reply(1), at: 15_000 }, { ...reply(1), at: 16_000 }, { ...reply(2), at: 22_000 }],
      { out: [request(1), request(2)] },
      { config: '10.0.0.1, 10.0.0.2, INTERVAL 10ms, LIMIT 2', inputs: 1, counters: { count: 2, replies: 2, duplicates: 1, unexpected: 0 } },
    ),
    example(
      'does not take other packets for replies',
      [reply(2), reply(1025), reply(1, { identifier: 1 }), reply(1, { type: 8 }), reply(1, { checksum: 1 }), reply(1, {}, { source: A }), reply(1, {}, { fragment_offset: 1 }), reply(1, {}, { total_length: 99 }), ipv4.make({ source: B }), reply(1)].map((packet) => ({ ...packet, at: 5000 })),
      { out: request(1) },
      { config: '10.0.0.1, 10.0.0.2, INTERVAL 1ms, LIMIT 1', inputs: 1, counters: { replies: 1, unexpected: 9 } },
    ),
    example('answers replies with their data, if it shall', { ...checksummed(ipv4.make({ protocol: 1, source: B, destination: A }, icmp.make({ type: 0, sequence: 1 }, Uint8Array.from([7, 8])))), at: 5000 }, { out: [request(1), request(2, Uint8Array.from([7, 8]))] }, { config: '10.0.0.1, 10.0.0.2, INTERVAL 1ms, LIMIT 1, MIRROR true', inputs: 1, counters: { replies: 1 } }),
    example('drops a packet that ends before its message', { ...reply(1), bytes: reply(1).bytes.subarray(0, 8), transportHeader: undefined }, { out: request(1), drop: 'no_transport_header' }, { config: '10.0.0.1, 10.0.0.2, INTERVAL 1ms, LIMIT 1', inputs: 1 }),
  ],
});
