/** Compiled graphs keep up with C by hand, batches with single packets, VMs with this process; and it would be seen if not. */
import t from 'tap';
import { isRight, measureRatios, nativeRatios } from '../../bench/smoke.js';

t.test('all ratios are right', async (t) => {
  const ratios = await measureRatios(() => undefined);
  t.ok(ratios.length >= 6, `${ratios.length} ratios`);
  for (const each of ratios) t.ok(isRight(each), `${each.what}: ${each.ratio.toFixed(2)}, at most ${each.bound}; npm run bench:smoke`);
});

t.test('code that is slower by hundreds of cycles a packet is found', async (t) => {
  const [byHand] = await nativeRatios('mac-swap', { WL_BENCH_SLOW: 500 });
  t.notOk(isRight(byHand!), `${byHand!.what}: ${byHand!.ratio.toFixed(2)}`);
});
