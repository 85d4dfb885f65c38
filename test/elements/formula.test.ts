/** Formulas of TIMING_FNT, by the grammar of TinyExpr. */
import t from 'tap';
import { readFormula } from '#elements/control/summary/formula.js';

const at = (text: string, x = 0) => Number(readFormula(text)!(x).toFixed(9));

t.test('operators bind as they do there', (t) => {
  t.equal(at('1 + 2 * 3 - 4 / 8'), 6.5);
  t.equal(at('10 - 4 - 3'), 3);
  t.equal(at('2 ^ 3 ^ 2'), 64, 'powers are taken from the left');
  t.equal(at('-2 ^ 2'), 4, 'signs before powers');
  t.equal(at('7 % 4 + 1.5e1'), 18);
  t.equal(at('(1 + 2) * -(x - 5)', 2), 9);
  t.end();
});

t.test('functions take what is behind them', (t) => {
  t.equal(at('sin pi/2'), 0, 'sin(pi) / 2');
  t.equal(at('pow(2, x) + floor 2.7', 3), 10);
  t.equal(at('log 1000 + ln e + fac 4 + ncr(5, 2) + npr(5, 2)'), 58);
  t.equal(at('squarewave x', 0.6), -1);
  t.end();
});

t.test('what is no formula is refused', (t) => {
  for (const text of ['', '1 +', '(1', '1)', 'y', 'pow(1)', 'x < 0', '1 2', 'toString', '('.repeat(1000)]) t.equal(readFormula(text), undefined, text.slice(0, 20));
  t.end();
});
