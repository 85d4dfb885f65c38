/**
 * Takes packets from its inputs in order of their time stamps: of the next packets of all inputs, the one with the earliest.
 * Each input must be in order itself.
 */
import { array, below, bool, defineElement, ethernet, example, flag, many, packetLists, pull, register } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });

export default defineElement({
  name: 'TimeSortedSched',
  config: { stop: bool({ default: false, keyword: true, doc: 'Whether the run ends when no input has a packet.' }) },
  ports: { inputs: pull(many('Packets in order.', { min: 1 })), outputs: { out: pull('All packets in order.') } },
  state: ({ inputs }) => ({
    /** The next packet of each input, and its time stamp. */
    heads: packetLists(inputs.length, inputs.length),
    seconds: array('u32', inputs.length),
    nanoseconds: array('u32', inputs.length),
    earliest: register(below(inputs.length)),
    last_s: register('u32'),
    last_ns: register('u32'),
    disordered: flag(),
    empty: flag(),
    reported: flag(),
  }),
  pull({ state, inputs }) {
    let found = false;
    for (let port = 0; port < inputs.length; port += 1) {
      if (state.heads.count(port) === 0) {
        const packet = inputs[port].pull();
        if (packet === null) continue;
        state.seconds[port] = packet.timestampSeconds;
        state.nanoseconds[port] = packet.timestampNanoseconds;
        state.heads.append(port, packet);
      }
      const best = state.earliest;
      const earlier = state.seconds[port]! < state.seconds[best]! || (state.seconds[port]! === state.seconds[best]! && state.nanoseconds[port]! < state.nanoseconds[best]!);
      if (!found || earlier) state.earliest = port;
      found = true;
    }
    if (!found) {
      state.empty = true;
      return null;
    }
    const port = state.earliest;
    const seconds = state.seconds[port]!;
    const nanoseconds = state.nanoseconds[port]!;
    if (seconds < state.last_s || (seconds === state.last_s && nanoseconds < state.last_ns)) state.disordered = true;
    state.last_s = seconds;
    state.last_ns = nanoseconds;
    return state.heads.take(port);
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
    example('takes the earlier input first', [from(1, 0), from(2, 1), from(3, 0)], { out: [from(1, 0), from(2, 1), from(3, 0)] }, { inputs: 2, after: 'TimedUnqueue(1ms, 8)' }),
  ],
});
