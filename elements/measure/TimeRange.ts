/** Notes the earliest and the latest time stamp of the packets that pass. */
import { bool, defineElement, ethernet, example, register, type HandlerContext } from 'wirelet';
import { nanosecondsOf, timeOf, timeText, type TimeValue } from '../annotate/time-value.js';

const frame = ethernet.make({});
type Ranging = HandlerContext<any, never, any>;

const first = ({ state }: Ranging): TimeValue => ({ seconds: state.first_s as number, nanoseconds: state.first_ns as number });
const last = ({ state }: Ranging): TimeValue => ({ seconds: state.last_s as number, nanoseconds: state.last_ns as number });

export default defineElement({
  name: 'TimeRange',
  config: { simple: bool({ default: false, keyword: true, doc: 'Whether time stamps only rise, so that the last one is the latest.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  state: { first_s: register('u32'), first_ns: register('u32'), last_s: register('u32'), last_ns: register('u32') },
  process(packet, { config, state, outputs }) {
    const seconds = packet.timestampSeconds;
    const nanoseconds = packet.timestampNanoseconds;
    const none = state.first_s === 0 && state.first_ns === 0;
    if (none || (!config.simple && (seconds < state.first_s || (seconds === state.first_s && nanoseconds < state.first_ns)))) {
      state.first_s = seconds;
      state.first_ns = nanoseconds;
    }
    if (none || config.simple || seconds > state.last_s || (seconds === state.last_s && nanoseconds > state.last_ns)) {
      state.last_s = seconds;
      state.last_ns = nanoseconds;
    }
    return outputs.out;
  },
  handlers: {
    first: { doc: 'The earliest time stamp.', read: (element) => timeText(first(element)) },
    last: { doc: 'The latest time stamp.', read: (element) => timeText(last(element)) },
    range: { doc: 'Both, with a space between them.', read: (element) => `${timeText(first(element))} ${timeText(last(element))}` },
    interval: { doc: 'The time between them.', read: (element) => timeText(timeOf(nanosecondsOf(last(element)) - nanosecondsOf(first(element)))) },
    reset: { doc: 'Forgets both.', write: ({ state }) => void Object.assign(state, { first_s: 0, first_ns: 0, last_s: 0, last_ns: 0 }) },
  },
  examples: [
    example('passes packets on', [frame, { ...frame, at: 1_500_000 }], { out: [frame, frame] }),
    example('believes that time rises', [frame, { ...frame, at: 1_500_000 }], { out: [frame, frame] }, { config: 'SIMPLE true' }),
  ],
});
