/** `build --report`: what an image consists of, and what each part is there for. */
import t from 'tap';
import { symbolsOf } from '#src/image/build.js';
import { plan } from '#src/plan/plan.js';
import { clickGraph } from '../elements/click-graph.js';

t.test('every function of an image is reached from where the processor begins', async (t) => {
  const symbols = await symbolsOf(plan(await clickGraph('FromDevice(lan) -> c :: Counter -> q :: Queue(8) -> Unqueue -> ToDevice(wan); FromDevice(wan) -> Discard')));
  const code = symbols.filter(({ kind }) => kind === 'code');
  t.same(code.filter(({ used_by }) => used_by[0] !== 'wl_entry').map(({ name }) => name), []);
  const round = code.find(({ name }) => name === 'wl_round')!;
  t.equal(round.element, null);
  t.ok(round.bytes > 100, `${round.bytes} bytes`);
  t.match(code.find(({ name }) => name === 'wl_transmit_flush')!.used_by, ['wl_entry', 'wl_main'], 'the way to it is whole');
  t.equal(symbols.find(({ name }) => name === 'e2_q_storage_slots' || name.startsWith('e2_q'))?.element, 'q', 'state is its element\'s');
  t.ok(symbols.some(({ name, kind }) => name === 'wl_pool' && kind === 'memory'));
});
