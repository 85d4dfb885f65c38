/** Lists of as many items as no call of a function could take for arguments. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { loadGraph } from '#src/graph/load.js';

const ROUTES = 150_000;

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-lists-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const lines = Array.from({ length: ROUTES }, (_, index) => `${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24 0`);

for (const [form, graph] of [
  ['a file', 'interfaces: [lan]\nelements:\n  routes: { type: RadixIPLookup, routes: !include routes.txt }\ngraph: lan -> Strip(14) -> CheckIPHeader -> routes -> Discard\n'],
  ['arguments', `interfaces: [lan]\ngraph: lan -> Strip(14) -> CheckIPHeader -> routes :: RadixIPLookup(${lines.join(', ')}) -> Discard\n`],
] as const) {
  t.test(`${ROUTES} routes are read from ${form}`, async (t) => {
    writeFileSync(path.join(folder, 'routes.txt'), `${lines.join('\n')}\n`);
    writeFileSync(path.join(folder, 'graph.yaml'), graph);
    const { checked } = await loadGraph(path.join(folder, 'graph.yaml'));
    const { config } = checked.instances.find(({ name }) => name === 'routes')!;
    t.equal((config['routes'] as readonly unknown[]).length, ROUTES);
  });
}
