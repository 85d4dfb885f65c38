/**
 * Passes packets with a probability; all others leave by the second output or, where nothing is connected there, are
 * dropped. Give the probability to pass (P or SAMPLE) or the one to be left out (DROP).
 */
import { bool, defineElement, ethernet, example, flag, HandlerError, optional, push, real, register, booleanHandler, counterHandler, fixedPointText } from 'wirelet';

const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;
type Chances = { readonly p?: number | undefined; readonly sample?: number | undefined; readonly drop?: number | undefined };

const SHARE_BITS = 28;
const ONE = 0x1000_0000;

/** The probability to pass, in parts of 2^28: that of DROP if it is there, else the later of the others. */
const chance = ({ p, sample, drop }: Chances): number => (drop !== undefined ? ONE - Math.round(drop * ONE) : Math.round((sample ?? p ?? 0) * ONE));

function written(value: string): number {
  const text = value.trim();
  const probability = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : -1;
  if (!(probability >= 0 && probability <= 1)) throw new HandlerError('Must be given a number between 0.0 and 1.0');
  return probability;
}

export default defineElement({
  name: 'RandomSample',
  config: {
    p: real({ required: false, min: 0, doc: 'Probability to pass.' }),
    sample: real({ required: false, min: 0, keyword: true, doc: 'The same.' }),
    drop: real({ required: false, min: 0, keyword: true, doc: 'Probability not to pass.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works; else all packets pass.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that pass.', other: optional(push('Packets that were left out.')) } },
  counters: { drops: 'Packets that were left out.' },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active), passing: register({ low: 0, high: ONE }, Math.max(0, Math.min(ONE, chance(config)))) }),
  build({ config, fail }) {
    if (config.sample !== undefined && config.drop !== undefined) fail('SAMPLE and DROP cannot both be given', undefined, 'give at most one of SAMPLE and DROP');
    if (config.p === undefined && config.sample === undefined && config.drop === undefined) fail('it needs a probability: P, SAMPLE or DROP', undefined, 'sampling probability must be between 0 and 1');
    if (chance(config) < 0 || chance(config) > ONE) fail('a probability is between 0 and 1', undefined, 'sampling probability must be between 0 and 1');
    return undefined;
  },
  process(_packet, { state, counters, outputs, random }) {
    if (!state.active || random.below(ONE) < state.passing) return outputs.out;
    counters.drops.add(1);
    return outputs.other;
  },
  handlers: {
    sampling_prob: { doc: 'Probability to pass.', read: ({ state }) => fixedPointText(state.passing, SHARE_BITS), write: ({ state }, value) => void (state.passing = Math.round(written(value) * ONE)) },
    drop_prob: { doc: 'Probability not to pass.', read: ({ state }) => fixedPointText(ONE - state.passing, SHARE_BITS), write: ({ state }, value) => void (state.passing = ONE - Math.round(written(value) * ONE)) },
    active: booleanHandler('active', 'Whether it works; else all packets pass.'),
    config: { doc: 'Probability to pass, and whether it works.', read: ({ state }) => `SAMPLE ${fixedPointText(state.passing, SHARE_BITS)}, ACTIVE ${state.active}` },
    drops: counterHandler('drops', 'Packets that were left out.'),
  },
  reconfigurable: true,
  examples: [
    example('passes all packets with probability 1', [a, b, c, d], { out: [a, b, c, d] }, { config: '1' }),
    example('passes none with probability 0', [a, b], { other: [a, b] }, { config: 'DROP 1', counters: { drops: 2 } }),
    example('passes some by chance', [a, b, c, d], { out: a, other: [b, c, d] }, { config: 'SAMPLE 0.5' }),
    example('passes all when it is not active', [a, b], { out: [a, b] }, { config: '0, ACTIVE false' }),
  ],
});
