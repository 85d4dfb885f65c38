/** Compiled graphs keep up with C by hand, batches with single packets, VMs with this process; and it would be seen if not. */
import t from 'tap';
import { isRight, measureRatios } from '../../bench/smoke.js';

t.test('all ratios are right', async (t) => {
  const ratios = await measureRatios(() => undefined);
  t.ok(ratios.length >= 6, `${ratios.length} ratios`);
  for (const each of ratios) t.ok(isRight(each), `${each.what}: ${each.ratio.toFixed(2)}, at most ${each.bound}; npm run bench:smoke`);
});

t.test('code that is slower by thousands of cycles a packet is found', async (t) => {
  const ratios = await measureRatios(() => undefined, { WL_BENCH_SLOW: 5000 });
  const slow = ratios.filter(({ what }) => what.endsWith('by hand'));
  t.equal(slow.length, 3);
  for (const each of slow) t.notOk(isRight(each), `${each.what}: ${each.ratio.toFixed(2)}`);
});
