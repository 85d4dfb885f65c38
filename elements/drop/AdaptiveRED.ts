/**
 * Marks packets as RED does, and moves the probability so that the average length of the queues stays near TARGET (Floyd,
 * Gummadi, Shenker, "Adaptive RED", 2001). Marked packets leave by the second output or, where nothing is connected, are
 * dropped.
 *
 * The thresholds are a half and one and a half of TARGET. Each half second the highest probability falls by a tenth where the
 * average is too low, or rises by a hundredth, or by a quarter of itself if that is less, where it is too high.
 */
import { background, bool, defineElement, ethernet, example, integer, optional, push, text, words } from 'wirelet';
import { adapt, argumentsText, detectionHandlers, detectionState, detects, probability, stability, takeAverage, thresholdsOf } from './random-early-detection.js';

const INTERVAL_US = 500_000;
/** Packets marked in one pull, at most. */
const MARKS_MAX = 64;
const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

interface Given {
  readonly target: number;
  readonly min_thresh?: number | undefined;
  readonly max_thresh?: number | undefined;
}

/** Shorter queues than this one are too few packets to tell anything by: as in Click, TARGET is no less. */
const TARGET_MIN = 10;

/** The thresholds: those that were given, or what follows from the target. */
const lowOf = ({ target, min_thresh }: Given): number => min_thresh ?? Math.trunc(Math.max(target, TARGET_MIN) / 2);
const highOf = ({ target, max_thresh }: Given): number => max_thresh ?? Math.max(target, TARGET_MIN) + Math.trunc(Math.max(target, TARGET_MIN) / 2);

export default defineElement({
  name: 'AdaptiveRED',
  config: {
    target: integer({ doc: 'Average length that is wanted, in packets.' }),
    max_p: probability('Probability of marking at the upper threshold, to begin with.'),
    queues: words(text({ doc: 'A queue.' }), { keyword: true, doc: 'Names of the queues to watch.' }),
    stability: stability('How slowly the average moves: a packet counts for 2^-STABILITY of it.'),
    min_thresh: integer({ required: false, keyword: true, doc: 'Average length up to which nothing is marked; a half of TARGET unless given.' }),
    max_thresh: integer({ required: false, keyword: true, doc: 'Average length at which packets are marked with probability MAX_P; one and a half of TARGET unless given.' }),
    gentle: bool({ default: true, keyword: true, doc: 'Whether the probability rises further to twice the upper threshold.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that are not marked.', marked: optional(push('Marked packets.')) } },
  counters: { drops: 'Packets that were marked.' },
  watchesQueues: true,
  state: ({ config }) => detectionState(config.max_p),
  build({ config, fail }) {
    return { thresholds: thresholdsOf(lowOf(config), highOf(config), config, fail) };
  },
  initialize({ timers }) {
    timers.adapt.after(INTERVAL_US);
  },
  process: (_packet, context) => (detects(context) ? context.outputs.marked : context.outputs.out),
  pull(context) {
    const { inputs, outputs, timers, emit } = context;
    for (let count = 0; count < MARKS_MAX; count += 1) {
      const packet = inputs.in.pull();
      if (packet === null || !detects(context)) return packet;
      emit(outputs.marked, packet);
    }
    timers.again.after(0);
    return null;
  },
  timers: {
    // So many were marked in one pull that there may be more: whoever pulls tries again.
    again: () => undefined,
    adapt: background(({ built, state, timers, queues }) => {
      timers.adapt.after(INTERVAL_US);
      adapt(state, built.thresholds, queues);
    }),
  },
  handlers: {
    ...detectionHandlers,
    config: { doc: 'The arguments of the RED that it is now, with the queues that are watched.', read: (element) => argumentsText(element, lowOf(element.config), highOf(element.config)) },
    min_thresh: { doc: 'Average length up to which nothing is marked.', read: ({ config }) => String(lowOf(config)), write: ({ reconfigure }, value) => reconfigure('min_thresh', value.trim()) },
    max_thresh: { doc: 'Average length at which packets are marked with probability max_p.', read: ({ config }) => String(highOf(config)), write: ({ reconfigure }, value) => reconfigure('max_thresh', value.trim()) },
  },
  reconfigurable: true,
  takeOver: takeAverage,
  examples: [
    example('lets packets pass while queues are short', [a, b, c], { out: [a, b, c] }, { config: '10, 0.1', after: 'Queue(200)' }),
    example('marks packets when queues are long', [a, b, c, d], { out: [a, b, c], marked: d }, { config: '10, 1, STABILITY 0, MIN_THRESH 0, MAX_THRESH 1', after: 'Queue(200) -> DelayUnqueue(1ms)' }),
    example('adapts as time goes by', [a, { ...b, at: 2_000_000 }], { out: [a, b] }, { config: '10, 0.1', after: 'Queue(200)' }),
    example('watches the queue before it where packets are pulled', [a, b, c, d], { out: [a, b, c, d] }, { config: '10, 0.1', before: 'Queue(200)' }),
  ],
});
