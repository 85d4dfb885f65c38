/**
 * A toy web client: asks DST for pages by HTTP/1.0 again and again, RATE times a second, from random addresses within PREFIX and random ports. The page is
 * `/spec/D/D-C-F` with digits. What is not answered within a second is sent again, six times at most; segments that belong to no connection are reset.
 *
 * Packets begin with their IPv4 header. As many connections may be open as ten seconds begin; `wirelet click` says every five seconds, and at the end, how many
 * were begun, came to their end, were given up and were reset.
 */
import { background, checksummed, consumed, defineElement, drop, example, integer, ipv4, ipv4Address, ipv4Prefix, push, tableSlots, tcp, TCP_FLAG, TIME_RANGE, u32, u8 } from 'wirelet';
import { answer, begin, clientState, forget, HTTP_PORT, output, requestBytes, send } from './web-client.js';

const RATE_MAX = 6500;
const SECOND_US = 1_000_000;
const TICK_US = 1000;
const RESENDS_MAX = 5;
const TOLD_US = 5_000_000;
/** Connections that begin, or are sent again, in one millisecond. */
const BURST_MAX = 1024;

const intervalOf = (rate: number) => Math.trunc(SECOND_US / rate);
/** Connections at once, as Click has them. */
const mostOf = (rate: number) => 2 * Math.trunc(SECOND_US / intervalOf(rate)) * RESENDS_MAX;

/** Headers of what nobody asked for, and of what is sent then. */
const stray = ipv4.make({ protocol: 6, source: 0x0a00_0001, destination: 0x0b0b_0001 }, tcp.make({ source_port: 80, destination_port: 5000, sequence: 7, acknowledgement: 9, flags: 16 }));

export default defineElement({
  name: 'WebGen',
  config: {
    prefix: ipv4Prefix({ doc: 'The network that connections come from.' }),
    dst: ipv4Address({ doc: 'The server.' }),
    rate: integer({ min: 1, max: RATE_MAX, doc: 'Connections that begin in a second.' }),
  },
  ports: { inputs: { in: push('Answers.') }, outputs: { out: push('Requests.') } },
  drops: { bad_header: 'The packet has no right headers.' },
  split: { never: 'connections are those of one client' },
  state: ({ config }) => clientState(mostOf(config.rate)),
  build({ config, chatter }) {
    const most = mostOf(config.rate);
    return { most, slots: tableSlots(most), interval: intervalOf(config.rate), bytes: requestBytes, bare: requestBytes.subarray(0, ipv4.size + tcp.size), tells: chatter !== '' };
  },
  initialize({ built, state, clock, timers, log }) {
    state.after[built.slots] = built.slots;
    state.before[built.slots] = built.slots;
    if (built.tells) {
      log.text('Allocated ');
      log.decimal(built.most);
      log.text(' CBs');
      log.end();
    }
    state.start_us = Math.min(TIME_RANGE.high, clock.microseconds);
    state.told_us = state.start_us;
    timers.tick.after(0);
  },
  process(packet, context) {
    const { built, state, packets } = context;
    if (packet.length < ipv4.size + tcp.size) return drop('bad_header');
    const header = ipv4.atOffset(packet, 0);
    const outer = header.header_length * 4;
    const total = header.total_length;
    if (outer < ipv4.size || outer > total || total > packet.length || outer + tcp.size > packet.length) return drop('bad_header');
    const segment = tcp.atOffset(packet, outer);
    const slot = segment.source_port === HTTP_PORT ? state.flows.find(header.destination, segment.destination_port) : -1;
    if (slot >= 0) {
      answer(packet, context, slot, outer, total - outer - segment.data_offset * 4);
      return consumed;
    }
    const reset = packets.copyOf(built.bare);
    if (reset !== null) output(reset, context, header.destination, segment.destination_port, header.source, segment.source_port, segment.acknowledgement, segment.sequence, u8(TCP_FLAG.rst));
    return consumed;
  },
  timers: {
    tick: background((context) => {
      const { built, state, clock, timers, log } = context;
      const now = clock.microseconds;
      for (let count = 0; count < BURST_MAX; count += 1) {
        if (now - state.start_us <= built.interval) break;
        state.start_us = Math.min(TIME_RANGE.high, state.start_us + built.interval);
        if (!begin(context, built.most) && built.tells) {
          log.text('out of available CBs');
          log.end();
        }
      }
      const last = state.before[built.slots]!;
      for (let count = 0; count < BURST_MAX; count += 1) {
        const first = state.after[built.slots]!;
        if (first >= built.slots || now - state.flows.sent_us[first]! <= SECOND_US) break;
        const resends = state.flows.resends[first]!;
        state.flows.resends[first] = u8(resends + 1);
        if (resends > RESENDS_MAX) {
          state.timed_out = u32(state.timed_out + 1);
          forget(context, first);
        } else {
          send(context, first);
        }
        if (first === last) break;
      }
      if (now - state.told_us > TOLD_US) {
        state.told_us = Math.min(TIME_RANGE.high, now);
        if (built.tells) {
          log.text('init: ');
          log.decimal(state.initiated);
          log.text('  comp: ');
          log.decimal(state.completed, 5);
          log.text('  tmo: ');
          log.decimal(state.timed_out, 5);
          log.text('  rst: ');
          log.decimal(state.reset, 5);
          log.end();
        }
        state.initiated = 0;
        state.completed = 0;
        state.timed_out = 0;
        state.reset = 0;
      }
      timers.tick.after(TICK_US);
    }),
  },
  finish({ built, state, report }) {
    const shown = (value: number) => String(value).padStart(5);
    if (built.tells) report(`init: ${state.initiated}  comp: ${shown(state.completed)}  tmo: ${shown(state.timed_out)}  rst: ${shown(state.reset)}`);
  },
  examples: [
    example('begins connections', [{ bytes: new Uint8Array(), at: 25_000 }], { out: [1, 2].map(() => Uint8Array.from([0x0a, 0, 0, 9, 0, 80])), drop: 'bad_header' }, { config: '11.11.0.0/16, 10.0.0.9, 100', after: 'Strip(16) -> StoreData(4, \\<0050>) -> Truncate(6)' }),
    example('resets what it does not know', stray, { out: checksummed(ipv4.make({ protocol: 6, ttl: 250, source: 0x0b0b_0001, destination: 0x0a00_0001 }, tcp.make({ source_port: 5000, destination_port: 80, sequence: 9, acknowledgement: 7, flags: 4, window: 61_440 }))) }, { config: '11.11.0.0/16, 10.0.0.9, 1' }),
  ],
});
