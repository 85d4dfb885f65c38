/**
 * Passes packets with a probability; all others leave by the second output or, where nothing is connected there, are
 * dropped. Give the probability to pass (P or SAMPLE) or the one to be left out (DROP).
 */
import { bool, defineElement, ethernet, example, flag, HandlerError, optional, push, real, booleanHandler, counterHandler } from 'wirelet';

const [a, b, c, d] = [1, 2, 3, 4].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;
type Chances = { readonly p?: number | undefined; readonly sample?: number | undefined; readonly drop?: number | undefined };

/** The probability to pass. */
function chance({ p, sample, drop }: Chances): number {
  return p ?? sample ?? 1 - (drop ?? 0);
}

function written(value: string): number {
  const probability = Number(value.trim());
  if (value.trim() === '' || !(probability >= 0 && probability <= 1)) throw new HandlerError('expected probability, a number from 0 to 1');
  return probability;
}

export default defineElement({
  name: 'RandomSample',
  config: {
    p: real({ required: false, min: 0, max: 1, doc: 'Probability to pass.' }),
    sample: real({ required: false, min: 0, max: 1, keyword: true, doc: 'The same.' }),
    drop: real({ required: false, min: 0, max: 1, keyword: true, doc: 'Probability not to pass.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works; else all packets pass.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that pass.', other: optional(push('Packets that were left out.')) } },
  counters: { drops: 'Packets that were left out.' },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config, fail }) {
    if (config.p === undefined && config.sample === undefined && config.drop === undefined) fail('it needs a probability: P, SAMPLE or DROP');
    // Of the 2^32 values of a random number, so many let a packet pass.
    return { passing: Math.round(chance(config) * 2 ** 32) };
  },
  process(_packet, { built, state, counters, outputs, random }) {
    if (!state.active || random.u32() < built.passing) return outputs.out;
    counters.drops.add(1);
    return outputs.other;
  },
  handlers: {
    sampling_prob: { doc: 'Probability to pass.', read: ({ config }) => String(chance(config)), write: ({ reconfigure }, value) => reconfigure('p', String(written(value))) },
    drop_prob: { doc: 'Probability not to pass.', read: ({ config }) => String(1 - chance(config)), write: ({ reconfigure }, value) => reconfigure('p', String(1 - written(value))) },
    active: booleanHandler('active', 'Whether it works; else all packets pass.'),
    config: { doc: 'Probability to pass, and whether it works.', read: ({ config, state }) => `SAMPLE ${chance(config)}, ACTIVE ${state.active}` },
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
