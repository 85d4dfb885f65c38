/**
 * Passes packets whose time stamps are from a start on and before an end; all others leave by the second output or, where
 * nothing is connected, are dropped.
 *
 * Start and end are points in time, or so long after the first packet (AFTER) or after the run began (DELAY); the end may
 * also be so long after the start (INTERVAL). When the first packet behind the end comes, the run may end (STOP) or a
 * handler be written (END_CALL), `$t` in its value the time of that packet; if it moves the element's own end (`extend_interval`), the packet passes.
 */
import { bool, defineElement, ethernet, example, flag, HandlerError, optional, push, register, text, type HandlerContext, type StateValues } from 'wirelet';
import { nanosecondsOf, parseTime, SECONDS_MAX, timeOf, timeText, timeValue, type TimeValue } from '../annotate/time-value.js';

const frame = ethernet.make({});
const at = (time: number) => ({ ...frame, at: time });
const span = (doc: string) => timeValue({ required: false, keyword: true, doc });

/** What an end of the range counts from. */
const ZERO = 0;
const FIRST = 1;
const BEGIN = 2;
const START = 3;

interface Bounds {
  readonly [name: string]: unknown;
  readonly start?: TimeValue | undefined;
  readonly end?: TimeValue | undefined;
}

/** The one that is given of several arguments, and what it counts from. */
function chosen(config: Bounds, names: Readonly<Record<string, number>>, missing: TimeValue, click: string, fail: (message: string, hint?: string, click?: string) => never): TimeValue & { from: number } {
  const given = Object.keys(names).filter((name) => config[name] !== undefined);
  if (given.length > 1) fail(`${given.map((name) => name.toUpperCase()).join(' and ')} cannot both be given`, undefined, `${click} are mutually exclusive`);
  const [name] = given;
  return name === undefined ? { ...missing, from: ZERO } : { ...(config[name] as TimeValue), from: names[name]! };
}

const timeAt = (state: any, which: 'start' | 'end'): TimeValue => ({ seconds: state[`${which}_s`], nanoseconds: state[`${which}_ns`] });

function setTime(element: HandlerContext<any, never, any>, which: 'start' | 'end', time: TimeValue | undefined): void {
  if (time === undefined || time.seconds < 0 || time.seconds > SECONDS_MAX) throw new HandlerError('expected time');
  const { state } = element;
  // Times that count from the first packet count from a start that is written before it comes.
  if (!state.ready && which === 'start') settle(element as never, time.seconds, time.nanoseconds);
  Object.assign(state, { [`${which}_s`]: time.seconds, [`${which}_ns`]: time.nanoseconds });
  if (which === 'end') Object.assign(state, { ended: false, reported: false, noted: false });
}

const REMEMBERED = {
  /** Whether start and end are settled, and whether the end was written. */
  ready: flag(),
  fixed: flag(),
  start_s: register('u32'),
  start_ns: register('u32'),
  end_s: register('u32'),
  end_ns: register('u32'),
  ended: flag(),
  reported: flag(),
  /** The time of the first packet behind the end. */
  noted: flag(),
  over_s: register('u32'),
  over_ns: register('u32'),
};

interface Settling {
  readonly built: { readonly start: TimeValue & { readonly from: number }; readonly end: TimeValue & { readonly from: number } };
  readonly state: StateValues<typeof REMEMBERED>;
}

/** Times that count from the first packet come to something: it is known. */
function settle({ built, state }: Settling, seconds: number, nanoseconds: number): void {
  state.ready = true;
  if (built.start.from === FIRST) {
    const part = state.start_ns + nanoseconds;
    state.start_s = Math.min(state.start_s + seconds + Math.trunc(part / 1_000_000_000), SECONDS_MAX);
    state.start_ns = part % 1_000_000_000;
  }
  if (state.fixed || (built.end.from !== FIRST && built.end.from !== START)) return;
  const part = state.end_ns + (built.end.from === FIRST ? nanoseconds : state.start_ns);
  state.end_s = Math.min(state.end_s + (built.end.from === FIRST ? seconds : state.start_s) + Math.trunc(part / 1_000_000_000), SECONDS_MAX);
  state.end_ns = part % 1_000_000_000;
}

/** A packet may be behind the end by as many nanoseconds: over a month, which stays exact. */
const OVER_MAX = 4_000_000_000_000_000;
const OVER_S_MAX = 4_000_000;

/** By how many nanoseconds END_CALL moves the end of the element itself, which is done at once; 0: it does something else. */
function extensionOf(call: string, name: string): number {
  const match = /^(\S+)\.extend_interval\s+(\S+)$/.exec(call.trim());
  const time = match !== null && name !== '' && match[1] === name ? parseTime(match[2]!) : undefined;
  return time === undefined ? 0 : Math.max(0, Math.min(Number(nanosecondsOf(time)), OVER_MAX));
}

export default defineElement({
  name: 'TimeFilter',
  config: {
    start: timeValue({ required: false, doc: 'The start, in seconds since 1970.' }),
    end: timeValue({ required: false, doc: 'The end.' }),
    start_delay: span('The start, as time after the run began.'),
    end_delay: span('The end, as time after the run began.'),
    start_after: span('The start, as time after the first packet.'),
    end_after: span('The end, as time after the first packet.'),
    interval: span('The end, as time after the start.'),
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends behind the end.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written behind the end: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets of that time.', other: optional(push('Packets of another time.')) } },
  state: REMEMBERED,
  build({ config, chatter, fail }) {
    if (config.stop && config.end_call !== '') fail('STOP and END_CALL cannot both be given', undefined, 'END_CALL and STOP are mutually exclusive');
    return {
      extension: extensionOf(config.end_call, chatter),
      start: chosen(config, { start: ZERO, start_after: FIRST, start_delay: BEGIN }, { seconds: 0, nanoseconds: 0 }, 'START, START_AFTER, and START_AFTER_INIT', fail),
      end: chosen(config, { end: ZERO, end_after: FIRST, end_delay: BEGIN, interval: START }, { seconds: SECONDS_MAX, nanoseconds: 999_999_999 }, 'END, END_AFTER, END_AFTER_INIT, and INTERVAL', fail),
    };
  },
  initialize({ built, state, clock }) {
    const { start, end } = built;
    const nanoseconds = (clock.microseconds % 1_000_000) * 1000;
    const startPart = start.nanoseconds + (start.from === BEGIN ? nanoseconds : 0);
    state.start_s = Math.min((start.from === BEGIN ? clock.seconds : 0) + start.seconds + Math.trunc(startPart / 1_000_000_000), SECONDS_MAX);
    state.start_ns = startPart % 1_000_000_000;
    const endPart = end.nanoseconds + (end.from === BEGIN ? nanoseconds : 0);
    state.end_s = Math.min((end.from === BEGIN ? clock.seconds : 0) + end.seconds + Math.trunc(endPart / 1_000_000_000), SECONDS_MAX);
    state.end_ns = endPart % 1_000_000_000;
  },
  process(packet, context) {
    const { built, state, outputs } = context;
    const seconds = packet.timestampSeconds;
    const nanoseconds = packet.timestampNanoseconds;
    if (!state.ready) settle(context, seconds, nanoseconds);
    if (seconds < state.start_s || (seconds === state.start_s && nanoseconds < state.start_ns)) return outputs.other;
    if (seconds < state.end_s || (seconds === state.end_s && nanoseconds < state.end_ns)) return outputs.out;
    if (built.extension > 0) {
      // END_CALL moves the end until the packet lies before it.
      const over = Math.max(0, Math.min(Math.max(0, Math.min(seconds - state.end_s, OVER_S_MAX)) * 1_000_000_000 + nanoseconds - state.end_ns, OVER_MAX));
      const more = over - (over % built.extension) + built.extension;
      const part = state.end_ns + (more % 1_000_000_000);
      state.end_s = Math.min(state.end_s + Math.trunc(more / 1_000_000_000) + Math.trunc(part / 1_000_000_000), SECONDS_MAX);
      state.end_ns = part % 1_000_000_000;
      return outputs.out;
    }
    state.ended = true;
    if (!state.noted) {
      state.noted = true;
      state.over_s = seconds;
      state.over_ns = nanoseconds;
    }
    return outputs.other;
  },
  handlers: {
    start: { doc: 'The start.', read: ({ state }) => timeText(timeAt(state, 'start')), write: (element, value) => setTime(element, 'start', parseTime(value)) },
    end: {
      doc: 'The end.',
      read: ({ state }) => timeText(timeAt(state, 'end')),
      write(element, value) {
        setTime(element, 'end', parseTime(value));
        element.state.fixed = true;
      },
    },
    interval: {
      doc: 'The time between them; written, the end is as long after the start.',
      write(element, value) {
        const span = parseTime(value);
        setTime(element, 'end', span && timeOf(nanosecondsOf(timeAt(element.state, 'start')) + nanosecondsOf(span)));
      },
      read: ({ state }) => timeText(timeOf(nanosecondsOf(timeAt(state, 'end')) - nanosecondsOf(timeAt(state, 'start')))),
    },
    extend_interval: {
      doc: 'Moves the end back by so long.',
      write(element, value) {
        const more = parseTime(value);
        setTime(element, 'end', more && timeOf(nanosecondsOf(timeAt(element.state, 'end')) + nanosecondsOf(more)));
      },
    },
  },
  attend({ config, state, stop, call }) {
    if (!state.ended || state.reported) return;
    state.reported = true;
    if (config.end_call !== '') call(config.end_call.replace(/\$\{?t\b\}?/g, timeText({ seconds: state.over_s, nanoseconds: state.over_ns })));
    else if (config.stop) stop();
  },
  examples: [
    example('passes packets of a time', [at(10), at(1_000_000), at(1_999_999), at(2_000_000)], { out: [frame, frame], other: [frame, frame] }, { config: '1000000001, 1000000002' }),
    example('counts from the first packet', [at(10), at(999_999), at(1_000_010)], { out: frame, drop: ['other', 'other'] }, { config: 'START_AFTER 0.5, END_AFTER 1', outputs: 1 }),
    example('counts from the start', [at(10), at(999_999), at(1_000_010)], { out: frame, other: [frame, frame] }, { config: 'START_DELAY 0.5, INTERVAL 500ms' }),
    example('passes all without arguments', [at(10), at(999_999)], { out: [frame, frame] }),
  ],
});
