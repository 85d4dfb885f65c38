/** Scenarios of `npm run bench`: the graphs with large tables do the same as C by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { buildPrograms, compareMixes } from '../../bench/native.js';
import { SCENARIOS, type Scenario } from '../../bench/scenarios.js';

/** Whether a table that fills up has so many entries that the rarest collisions happen. The others are compared when they are measured. */
const isLarge = ({ settings = {} }: Scenario): boolean => ['ADDRESSES', 'CONNECTIONS'].some((name) => Number(settings[name] ?? 0) > 100_000);

t.test('there are such scenarios', async (t) => void t.same(SCENARIOS.filter(isLarge).map(({ name }) => name), ['switch-1m', 'nat-1m', 'conntrack-100k']));

for (const scenario of SCENARIOS.filter(isLarge)) {
  t.test(`${scenario.name} sends what its counterpart sends`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-scenario-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    await t.resolves(compareMixes(scenario, await buildPrograms(scenario, folder), folder));
  });
}
