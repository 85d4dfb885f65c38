/**
 * Damages packets as a noisy link does: each bit, with probability P, is flipped, set or cleared.
 */
import { bool, booleanHandler, defineElement, ethernet, example, fixedPointText, flag, parsed, real, u8, type Parsed } from 'wirelet';

const frame = ethernet.make({}, new Uint8Array(2));

/** Of the 2^32 values of a random number, those below the nth mean at most n damaged bits in a byte. */
function bitCounts(p: number): number[] {
  const ways = [1, 8, 28, 56, 70, 56, 28, 8, 1];
  let sum = 0;
  return ways.map((count, bits) => Math.round((sum += count * p ** bits * (1 - p) ** (8 - bits)) * 2 ** 32));
}

const CHANCE_BITS = 28;
const KINDS = ['flip', 'set', 'clear'] as const;
type Kind = (typeof KINDS)[number];

function readKind(text: string): Parsed<Kind> {
  const value = text === '' ? 'flip' : KINDS.find((kind) => kind === text);
  return value === undefined ? { error: `expected flip, set or clear, got "${text}"`, click: `bad action '${text}' (must be 'set', 'clear', or 'flip')`, ofElement: true } : { value };
}

export default defineElement({
  name: 'RandomBitErrors',
  config: {
    p: real({ min: 0, doc: 'Probability of each bit.' }),
    kind: parsed<Kind>('flip | set | clear', { default: 'flip', doc: 'What becomes of a bit.' }, readKind, String),
    active: bool({ default: true, doc: 'Whether it works.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, damaged.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config, fail, warn }) {
    if (config.p > 1) fail('a probability is between 0 and 1', undefined, 'drop probability must be between 0 and 1');
    if (config.p * 2 ** CHANCE_BITS < 0.5) warn('the probability is 0', undefined, undefined, 'zero bit error probability (underflow?)');
    return { counts: bitCounts(config.p) };
  },
  process(packet, { config, built, state, outputs, random }) {
    if (!state.active || config.p === 0) return outputs.out;
    for (let offset = 0; offset < packet.length; offset += 1) {
      const value = random.u32();
      if (value < built.counts[0]!) continue;
      let wanted = 1;
      for (let bits = 1; bits < 8; bits += 1) if (value >= built.counts[bits]!) wanted = bits + 1;
      // So many of the eight bits, every choice of them with equal probability.
      let mask = 0;
      for (let bit = 0; bit < 8; bit += 1) {
        if (random.below(8 - bit) >= wanted) continue;
        mask = mask | (1 << bit);
        wanted = Math.max(0, wanted - 1);
      }
      const old = packet.loadU8(offset);
      if (config.kind === 'flip') packet.storeU8(offset, u8(old ^ mask));
      else if (config.kind === 'set') packet.storeU8(offset, u8(old | mask));
      else packet.storeU8(offset, u8(old & ~mask));
    }
    return outputs.out;
  },
  handlers: {
    p_bit_error: { doc: 'Probability of each bit.', read: ({ config }) => fixedPointText(Math.round(config.p * 2 ** CHANCE_BITS), CHANCE_BITS), write: ({ reconfigure }, value) => reconfigure('p', value.trim()) },
    error_kind: { doc: 'What becomes of a bit.', read: ({ config }) => config.kind, write: ({ reconfigure }, value) => reconfigure('kind', value.trim()) },
    active: booleanHandler('active', 'Whether it works.'),
  },
  reconfigurable: true,
  examples: [
    example('damages every bit with probability 1', Uint8Array.from([0x0f, 0xff]), { out: Uint8Array.from([0xf0, 0x00]) }, { config: '1' }),
    example('sets bits', Uint8Array.from([0x0f, 0x00]), { out: Uint8Array.from([0xff, 0xff]) }, { config: '1, set' }),
    example('clears bits', Uint8Array.from([0x0f]), { out: Uint8Array.from([0]) }, { config: '1, clear' }),
    example('does nothing with probability 0', frame, { out: frame }, { config: '0' }),
    example('does nothing when it is not active', frame, { out: frame }, { config: '1, flip, false' }),
  ],
});
