/**
 * Sends an ICMP echo request each INTERVAL (RFC 792), LIMIT in all. With its input connected to where the replies come it measures the
 * time they take; the handler `summary` tells as ping does. It knows the last 65536 requests.
 *
 * After the last one it may end the run (STOP).
 */
import { array, argumentHandler, bool, booleanValue, consumed, data, defineElement, duration, example, flag, formatIpv4, icmp, ICMP_TYPE, integer, integerValue, IP_PROTOCOL, ipv4, ipv4Address, many, push, register, TIME_RANGE, u16, u32, type HandlerContext } from 'wirelet';
import { attendToEnd, LIMIT_MAX, limitedState } from '../source/limited.js';
import { makePing, pingOf } from './ping.js';

const made = (sequence: number, identifier = 0, bytes = new Uint8Array()) => pingOf(0x0a00_0001, 0x0a00_0002, identifier, sequence, bytes);
const reply = (sequence: number, at: number, identifier = 0) => ({
  ...ipv4.make({ protocol: 1, source: 0x0a00_0002, destination: 0x0a00_0001 }, icmp.make({ type: 0, identifier, sequence })), at,
});

/** Sums stay exact: what comes behind this is left out. */
const SUM_MAX = 0x10_0000_0000_0000;

type Element = HandlerContext<any, any, any>;

/** The next request is due now. */
function beginAgain({ state, timers }: Element): void {
  Object.assign(state, { ended: false, reported: false });
  timers['next']!.after(0);
}

/** Milliseconds, as ping writes them. */
const milliseconds = (microseconds: number) => (microseconds / 1000).toFixed(3);

function meanOf({ state, counters }: Element): number {
  return counters['received']!.value === 0 ? 0 : (state.sum_us as unknown as number) / counters['received']!.value;
}

function summary(element: Element): string {
  const { counters, state } = element;
  const [sent, received, duplicates] = ['sent', 'received', 'duplicates'].map((name) => counters[name]!.value) as [number, number, number];
  const loss = sent === 0 ? 0 : Math.trunc(((sent - received) * 100) / sent);
  const more = duplicates > 0 ? `, +${duplicates} duplicates` : '';
  const first = `${sent} packets transmitted, ${received} received${more}, ${loss}% packet loss\n`;
  if (received === 0) return first;
  const mean = meanOf(element);
  const deviation = Math.sqrt(Math.max(0, (state.squares as unknown as number) / received - mean * mean));
  return `${first}rtt min/avg/max/mdev = ${[state.min_us as unknown as number, mean, state.max_us as unknown as number, deviation].map(milliseconds).join('/')}\n`;
}

const seconds = (microseconds: unknown) => (Number(microseconds) / 1e6).toFixed(6);

export default defineElement({
  name: 'ICMPPingSource',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    interval: duration({ default: 1e6, keyword: true, doc: 'Time from one request to the next.' }),
    identifier: integer({ default: 0, max: 0xffff, keyword: true, doc: 'The identifier.' }),
    data: data({ default: new Uint8Array(), keyword: true, doc: 'What the requests carry.' }),
    limit: integer({ default: -1, min: -1, max: LIMIT_MAX, keyword: true, doc: 'Requests in all; -1: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
    verbose: bool({ default: true, keyword: true, doc: 'Whether a line is printed for each reply.' }),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last request.' }),
  },
  ports: { inputs: push(many('Replies.', { min: 0, max: 1 })), outputs: { out: push('Echo requests with marked headers.') } },
  counters: { sent: 'Requests sent.', received: 'Requests that were answered.', duplicates: 'Replies that came twice.', strangers: 'Packets that answer none of its requests.' },
  state: ({ config, inputs }) => ({
    ...limitedState(config.limit, config.active),
    /** When each request was sent, by sequence number: 0: never; the lowest bit: it was answered. */
    sent_us: array(TIME_RANGE, inputs.length > 0 ? 65_536 : 1),
    answered: array('u8', inputs.length > 0 ? 65_536 : 1),
    sequence: register('u16'),
    min_us: register(TIME_RANGE),
    max_us: register(TIME_RANGE),
    sum_us: register('u53'),
    /** Of times up to a second, in square microseconds: what is longer counts as one. */
    squares: register('u53'),
    seen: flag(),
  }),
  build({ config, fail }) {
    if (config.interval < 1) fail('the interval is less than a microsecond');
    if (config.data.length > 9000) fail('a request carries at most 9000 bytes');
    return undefined;
  },
  initialize({ state, timers }) {
    if (state.active) timers.next.after(0);
  },
  process(packet, { config, state, counters, clock, log }) {
    const header = ipv4.at(packet);
    const isReply = header.protocol === IP_PROTOCOL.icmp && header.fragment_offset === 0 && packet.transportLength >= icmp.size;
    if (!isReply || icmp.at(packet).type !== ICMP_TYPE.echo_reply || icmp.at(packet).identifier !== config.identifier) {
      counters.strangers.add(1);
      return consumed;
    }
    const sequence = icmp.at(packet).sequence;
    const sent = sequence < state.sent_us.length ? state.sent_us[sequence]! : 0;
    if (sent === 0) {
      counters.strangers.add(1);
      return consumed;
    }
    if (state.answered[sequence] === 1) {
      counters.duplicates.add(1);
      return consumed;
    }
    state.answered[sequence] = 1;
    counters.received.add(1);
    const time = Math.max(0, clock.microseconds - sent);
    state.min_us = state.seen ? Math.min(state.min_us, time) : time;
    state.max_us = Math.max(state.max_us, time);
    const most = Math.min(time, 1_000_000);
    const sum = state.sum_us;
    const squares = state.squares;
    if (sum < SUM_MAX && squares < SUM_MAX) {
      state.sum_us = sum + most;
      state.squares = squares + most * most;
    }
    state.seen = true;
    if (config.verbose) {
      log.decimal(packet.transportLength);
      log.text(' bytes from ');
      log.decimal(header.source >>> 24);
      log.text('.');
      log.decimal((header.source >>> 16) & 0xff);
      log.text('.');
      log.decimal((header.source >>> 8) & 0xff);
      log.text('.');
      log.decimal(header.source & 0xff);
      log.text(': icmp_seq=');
      log.decimal(sequence);
      log.text(' ttl=');
      log.decimal(header.ttl);
      log.text(' time=');
      log.decimal(Math.trunc(time / 1000));
      log.text('.');
      log.decimal(Math.trunc(time / 100) % 10);
      log.decimal(Math.trunc(time / 10) % 10);
      log.decimal(time % 10);
      log.text(' ms');
      log.end();
    }
    return consumed;
  },
  timers: {
    next({ config, state, counters, outputs, clock, timers, packets, emit }) {
      if (!state.active) return;
      if (state.limit >= 0 && state.made >= state.limit) {
        state.ended = true;
        return;
      }
      timers.next.after(config.interval);
      const packet = packets.copyOf(config.data);
      if (packet === null) return;
      const sequence = state.sequence;
      makePing(packet, config.src, config.dst, config.identifier, sequence);
      packet.timestampSeconds = u32(clock.seconds);
      packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
      if (sequence < state.sent_us.length) {
        state.sent_us[sequence] = clock.microseconds;
        state.answered[sequence] = 0;
      }
      state.sequence = u16(sequence + 1);
      state.made = u32(state.made + 1);
      counters.sent.add(1);
      emit(outputs.out, packet);
    },
  },
  handlers: {
    active: {
      doc: 'Whether it works.',
      read: ({ state }) => String(state.active),
      write(element, value) {
        element.state.active = booleanValue(value);
        beginAgain(element);
      },
    },
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    dst: { doc: 'The destination.', read: ({ config }) => formatIpv4(config.dst), write: ({ reconfigure }, value) => reconfigure('dst', value) },
    count: { doc: 'Requests sent.', read: ({ state }) => String(state.made) },
    limit: {
      doc: 'Requests in all; -1: no limit.',
      write(element, value) {
        element.state.limit = integerValue(value, -1, LIMIT_MAX);
        beginAgain(element);
      },
    },
    interval: { doc: 'Time from one request to the next, in seconds.', write: argumentHandler('interval', '').write },
    reset_counts: {
      doc: 'Sets all counts to 0.',
      write({ state, counters }) {
        for (const counter of Object.values(counters)) counter.value = 0;
        Object.assign(state, { made: 0, min_us: 0, max_us: 0, sum_us: 0, squares: 0, seen: false });
      },
    },
    summary: { doc: 'Requests and replies, as ping tells them.', read: (element) => summary(element as unknown as Element) },
    rtt_min: { doc: 'The shortest time a reply took, in seconds.', read: ({ state }) => seconds(state.min_us) },
    rtt_avg: { doc: 'The mean time that replies took, in seconds.', read: (element) => seconds(meanOf(element as unknown as Element)) },
    rtt_max: { doc: 'The longest time a reply took, in seconds.', read: ({ state }) => seconds(state.max_us) },
  },
  attend: attendToEnd,
  reconfigurable: true,
  examples: [
    example('sends so many requests', [], { out: [made(0), made(1), made(2)] }, { config: '10.0.0.1, 10.0.0.2, LIMIT 3' }),
    example('gives them identifier and data', [], { out: made(0, 7, Uint8Array.from([65, 66])) }, { config: '10.0.0.1, 10.0.0.2, LIMIT 1, IDENTIFIER 7, DATA AB, INTERVAL 10ms' }),
    example('counts replies', [reply(0, 500), reply(0, 600), reply(5, 700), reply(0, 800, 9), made(0)], { out: made(0) }, { config: '10.0.0.1, 10.0.0.2, LIMIT 1', inputs: 1, counters: { sent: 1, received: 1, duplicates: 1, strangers: 3 } }),
    example('sends none when it is not active', [], {}, { config: '10.0.0.1, 10.0.0.2, ACTIVE false' }),
  ],
});
