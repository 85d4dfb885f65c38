import t from 'tap';
import { COMPILERS } from '../differential/replay.js';
import { fuzz } from './fuzz.js';

const skip = COMPILERS.length === 0 ? 'no C compiler found: install gcc or clang' : false;

t.test('oracle, Node and C agree on random rules and packets', { skip }, async (t) => {
  const seed = Math.floor(Date.now() / 1000) % 1_000_000;
  t.comment(`seed ${seed}; longer: node dist/test/classify/fuzz.js --seed ${seed} --seconds 600`);
  const totals = fuzz(seed, 6, 20);
  for (const failure of totals.failures) t.fail(failure);
  t.ok(totals.sets >= 15 && totals.packets > 5000, `${totals.sets} rule sets, ${totals.packets} packets`);
});
