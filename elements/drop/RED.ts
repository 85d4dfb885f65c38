/**
 * Marks packets by random early detection: the longer the queues near it have been of late, the more of them. Marked packets
 * leave by the second output or, where nothing is connected, are dropped.
 *
 * It watches the queues that QUEUES names, else the nearest ones: those behind it where packets are pushed, those before it
 * where they are pulled. Nothing is marked while their average length is no more than MIN_THRESH; from there to MAX_THRESH
 * the probability rises to MAX_P, and from there, if GENTLE, to 1 at twice MAX_THRESH. STABILITY says how slowly the
 * average moves: a packet's share of it is 2^-STABILITY. With STABILITY 0 the length counts as it is and, as in Click, packets are not marked
 * by chance, but all of them above the last threshold.
 */
import { bool, defineElement, ethernet, example, optional, push, text, words } from 'wirelet';
import { argumentsText, detectionHandlers, detectionState, detects, probability, stability, takeAverage, threshold, thresholdsOf } from './random-early-detection.js';

/** Packets marked in one pull, at most. */
const MARKS_MAX = 64;
const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'RED',
  config: {
    min_thresh: threshold('Average length up to which nothing is marked, in packets.'),
    max_thresh: threshold('Average length at which packets are marked with probability MAX_P; 65535 at most.'),
    max_p: probability('That probability.'),
    queues: words(text({ doc: 'A queue.' }), { keyword: true, doc: 'Names of the queues to watch.' }),
    stability: stability('How slowly the average moves.'),
    gentle: bool({ default: true, keyword: true, doc: 'Whether the probability rises further to twice MAX_THRESH.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that are not marked.', marked: optional(push('Marked packets.')) } },
  counters: { drops: 'Packets that were marked.' },
  watchesQueues: true,
  state: ({ config }) => detectionState(config.max_p),
  build: ({ config, fail }) => ({ thresholds: thresholdsOf(config.min_thresh, config.max_thresh, config, fail) }),
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
  },
  handlers: {
    ...detectionHandlers,
    min_thresh: { doc: 'Average length up to which nothing is marked.', read: ({ config }) => String(config.min_thresh), write: ({ reconfigure }, value) => reconfigure('min_thresh', value.trim()) },
    max_thresh: { doc: 'Average length at which packets are marked with probability max_p.', read: ({ config }) => String(config.max_thresh), write: ({ reconfigure }, value) => reconfigure('max_thresh', value.trim()) },
    config: { doc: 'The arguments, with the queues that are watched.', read: (element) => argumentsText(element, element.config.min_thresh, element.config.max_thresh) },
  },
  reconfigurable: true,
  takeOver: takeAverage,
  examples: [
    example('lets packets pass while queues are short', [a, b, c], { out: [a, b, c] }, { config: '5, 50, 0.02', after: 'Queue(200)' }),
    example('drops packets when queues are long', [a, b, c, d], { out: [a, b], drop: ['marked', 'marked'] }, { config: '0, 0, 1, STABILITY 0, GENTLE false', outputs: 1, after: 'Queue(200) -> DelayUnqueue(1ms)' }),
    example('sends them to the second output', [a, b, c, d], { out: [a, b], marked: [c, d] }, { config: '0, 0, 1, STABILITY 0', after: 'Queue(200) -> DelayUnqueue(1ms)' }),
    example('watches the queue before it where packets are pulled', [a, b, c, d], { out: [a, b, c, d] }, { config: '0, 0, 1, STABILITY 0', before: 'Queue(200)' }),
    example('watches queues by name', [a, b, c, d], { out: [a, b], marked: [c, d] }, { config: '0, 0, 1, STABILITY 0, QUEUES q', after: 'q :: Queue(200) -> DelayUnqueue(1ms)' }),
    example('marks by chance between the thresholds', Array.from({ length: 12 }, () => a), { out: Array.from({ length: 11 }, () => a), marked: a }, { config: '1, 8, 0.5', after: 'Queue(200) -> DelayUnqueue(1ms)' }),
  ],
});
