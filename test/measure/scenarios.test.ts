/** Scenarios of `npm run bench`: what is measured against C by hand does the same as that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { buildPrograms, compareMixes } from '../../bench/native.js';
import { SCENARIOS } from '../../bench/scenarios.js';

/** Its list takes half a minute to read; the routes of router-100k are as many as go through other code. */
const LEFT_OUT = 'router-1m';

for (const scenario of SCENARIOS.filter(({ name }) => name !== LEFT_OUT)) {
  t.test(`${scenario.name} sends what its counterpart sends`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-scenario-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    await t.resolves(compareMixes(scenario, await buildPrograms(scenario, folder), folder));
  });
}
