/** What the studio's page makes of two looks at an appliance. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

interface Look {
  at_ms: number;
  figures: { ports: Record<string, object>; elements: Record<string, object> };
}
interface Page {
  rate(before: number | undefined, after: number | undefined, seconds: number): number | null;
  elementRates(before: Look | undefined, after: Look, name: string): { outputs: Record<string, number | null>; drops: number | null };
  portRates(before: Look | undefined, after: Look, name: string): Record<string, number | null>;
  short(value: number | null): string;
  sparkline(values: readonly number[]): string;
}
const page = (await import(pathToFileURL(path.join(packageRoot, 'src/observe/studio/page/figures.mjs')).href)) as Page;

const look = (at_ms: number, packets: number, drops: number): Look => ({
  at_ms,
  figures: {
    ports: { lan: { rx_packets: packets, rx_bytes: packets * 60, tx_packets: 0, tx_bytes: 0, drops: 0 } },
    elements: { filter: { class: 'IPFilter', counters: { packets }, outputs: { 0: packets - drops }, drops: { denied: drops, short_header: 0 } } },
  },
});

t.test('rates are what came between two looks, by the time between them', (t) => {
  const [before, after] = [look(1000, 100, 10), look(3000, 500, 60)];
  t.same(page.elementRates(before, after, 'filter'), { outputs: { 0: 175 }, drops: 25 });
  t.same(page.portRates(before, after, 'lan'), { rx: 200, tx: 0, rxBits: 200 * 60 * 8, txBits: 0 });
  t.end();
});

t.test('there is no rate without an earlier look, for who is not there, in no time, or after a new beginning', (t) => {
  t.same(page.elementRates(undefined, look(1000, 100, 10), 'filter'), { outputs: { 0: null }, drops: null });
  t.same(page.elementRates(look(0, 1, 0), look(1000, 100, 10), 'nobody'), { outputs: {}, drops: null });
  t.equal(page.portRates(look(1000, 1, 0), look(1000, 100, 10), 'lan')['rx'], null);
  t.equal(page.portRates(look(0, 500, 0), look(1000, 100, 10), 'lan')['rx'], null, 'fewer than before: another appliance counts');
  t.end();
});

t.test('figures are short, with three digits that count', (t) => {
  const texts: [number | null, string][] = [[null, ''], [0, '0'], [0.5, '0.5'], [7, '7'], [999, '999'], [999.6, '1.00 k'], [1234, '1.23 k'], [45_678, '45.7 k'], [999_700, '1.00 M'], [2.5e9, '2.50 G'], [7e15, '7000 T']];
  for (const [value, text] of texts) t.equal(page.short(value), text, `${value}`);
  t.end();
});

t.test('a line goes through all values, the greatest on top', (t) => {
  t.equal(page.sparkline([0, 5, 10]), 'M0.0 19.0L50.0 10.0L100.0 1.0');
  t.equal(page.sparkline([0]), 'M0.0 19.0');
  t.equal(page.sparkline([]), '');
  t.end();
});
