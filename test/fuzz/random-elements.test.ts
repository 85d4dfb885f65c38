/**
 * Random elements do the same in Node as compiled by every compiler, with random frames. WIRELET_SEED=N one round; WIRELET_FUZZ=N so
 * many rounds.
 */
import t from 'tap';
import { fuzzRound } from '../differential/fuzz.js';

const ROUNDS_DEFAULT = 3;
const seed = process.env.WIRELET_SEED;
const seeds = seed === undefined ? Array.from({ length: Number(process.env.WIRELET_FUZZ ?? ROUNDS_DEFAULT) }, (_, index) => index + 1) : [Number(seed)];

for (const number of seeds) {
  t.test(`random elements mean the same in Node and in C (WIRELET_SEED=${number})`, async (t) => {
    const { elements, frames, failures } = await fuzzRound(number);
    t.ok(elements > 0 && frames > 0, `${elements} elements, ${frames} frames`);
    t.equal(failures.join('\n'), '');
  });
}
