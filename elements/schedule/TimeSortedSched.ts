/**
 * Takes packets from its inputs in order of their time stamps: of the next packets of all inputs, the one with the earliest.
 * Each input must be in order itself, or with BUFFER out of order by less than so many packets.
 */
import { array, below, bool, defineElement, ethernet, example, flag, integer, many, packetLists, pull, register, u32 } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

/** Packets of an input that wait here, at most. */
const BUFFER_MAX = 1024;

export default defineElement({
  name: 'TimeSortedSched',
  config: {
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends when no input has a packet.' }),
    buffer: integer({ default: 1, min: -0x8000_0000, max: BUFFER_MAX, keyword: true, doc: 'Packets of each input of which the earliest is chosen.' }),
  },
  ports: { inputs: pull(many('Packets in order.', { min: 1 })), outputs: { out: pull('All packets in order.') } },
  build({ config, fail }) {
    if (config.buffer < 1) fail('a packet of each input is chosen from at least', undefined, 'BUFFER must be at least 1');
    return undefined;
  },
  state: ({ config, inputs }) => {
    const places = Math.max(1, inputs.length * config.buffer);
    return {
      /** Packets that wait, one in each place, BUFFER places for each input; their time stamps, and when they came. */
      waiting: packetLists(places, places),
      seconds: array('u32', places),
      nanoseconds: array('u32', places),
      came: array('u32', places),
      next: register('u32'),
      earliest: register(below(places)),
      last_s: register('u32'),
      last_ns: register('u32'),
      disordered: flag(),
      empty: flag(),
      reported: flag(),
    };
  },
  pull({ config, state, inputs }) {
    let found = false;
    for (let port = 0; port < inputs.length; port += 1) {
      let dry = false;
      for (let each = 0; each < config.buffer; each += 1) {
        const place = port * config.buffer + each;
        if (state.waiting.count(place) === 0 && !dry) {
          const packet = inputs[port].pull();
          if (packet === null) {
            dry = true;
          } else {
            state.seconds[place] = packet.timestampSeconds;
            state.nanoseconds[place] = packet.timestampNanoseconds;
            state.came[place] = state.next;
            state.next = u32(state.next + 1);
            state.waiting.append(place, packet);
          }
        }
        if (state.waiting.count(place) !== 0) {
          const best = state.earliest;
          const same = state.seconds[place]! === state.seconds[best]! && state.nanoseconds[place]! === state.nanoseconds[best]!;
          const earlier = state.seconds[place]! < state.seconds[best]! || (state.seconds[place]! === state.seconds[best]! && state.nanoseconds[place]! < state.nanoseconds[best]!);
          if (!found || earlier || (same && best >= port * config.buffer && u32(state.came[best]! - state.came[place]!) < 0x8000_0000)) state.earliest = place;
          found = true;
        }
      }
    }
    if (!found) {
      state.empty = true;
      return null;
    }
    const place = state.earliest;
    const seconds = state.seconds[place]!;
    const nanoseconds = state.nanoseconds[place]!;
    // What bears no time has no place in the order.
    if (seconds !== 0 || nanoseconds !== 0) {
      if (seconds < state.last_s || (seconds === state.last_s && nanoseconds < state.last_ns)) state.disordered = true;
      state.last_s = seconds;
      state.last_ns = nanoseconds;
    }
    return state.waiting.take(place);
  },
  handlers: {
    well_ordered: { doc: 'Whether every packet so far left in order.', read: ({ state }) => String(!state.disordered) },
  },
  attend({ config, state, stop }) {
    if (!state.empty || state.reported) return;
    state.reported = true;
    if (config.stop) stop();
  },
  examples: [
    example(
      'merges its inputs by time',
      [from(1, 0), from(2, 1), from(3, 1), from(4, 2), from(5, 0)],
      { out: [from(1, 0), from(2, 1), from(3, 1), from(4, 2), from(5, 0)] },
      { inputs: 3, after: 'DelayUnqueue(1ms)' },
    ),
    example('brings packets into order that came a little late', [from(1, 0), from(2, 0), from(3, 0)], { out: [from(1, 0), from(2, 0), from(3, 0)] }, { inputs: 1, config: 'BUFFER 2', after: 'DelayUnqueue(1ms)' }),
    example('takes the earlier input first', [from(1, 0), from(2, 1), from(3, 0)], { out: [from(1, 0), from(2, 1), from(3, 0)] }, { inputs: 2, after: 'TimedUnqueue(1ms, 8)' }),
  ],
});
