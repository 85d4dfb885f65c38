/** Connections through tunnels, of which many ways may lead to the same end. */
import t from 'tap';
import { throughTunnels, tunnelsLast } from '#src/graph/tunnels.js';

/** Ends of tunnels begin with a small letter. */
const key = (end: string) => (/^[a-z]/.test(end) ? end : undefined);
const links = (text: string) => text.split(' ').map((pair) => ({ from: pair.split('>')[0]!, to: pair.split('>')[1]! }));

t.test('those that go through no tunnel come first, then those that lead out of one, from the latest that leads to it', (t) => {
  const found = tunnelsLast(links('A>a B>a C>D a>b a>E b>F'), key);
  t.same(found, links('C>D B>E A>E B>F A>F'));
  t.end();
});

t.test('tunnels that lead in circles lead nowhere', (t) => {
  const circle = links('A>a a>b b>a b>B');
  t.same(tunnelsLast(circle, key), links('A>B'));
  t.same(throughTunnels(circle, key), links('A>B'));
  t.end();
});

t.test('compounds beside each other within compounds do not multiply ways', (t) => {
  const LEVELS = 200;
  const levels = Array.from({ length: LEVELS }, (_, level) => `t${level}>u${level} t${level}>v${level} u${level}>t${level + 1} v${level}>t${level + 1}`);
  const nested = links(`A>t0 ${levels.join(' ')} t${LEVELS}>B`);
  t.same(tunnelsLast(nested, key), links('A>B'));
  t.same(throughTunnels(nested, key), links('A>B'));
  t.end();
});
