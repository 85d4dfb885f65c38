/** Lists of as many items as no call of a function could take for arguments. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { loadGraph } from '#src/graph/load.js';
import { writeUnit } from '#src/measure/in-memory.js';

const ROUTES = 150_000;
/** Eight words of each lie in one table. */
const RULES = 20_000;

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

t.test(`${RULES} rules under a hash become C`, async (t) => {
  const rules = Array.from({ length: RULES }, (_, index) => `allow src net 10.${index >> 8}.${index & 255}.0/24 && dst udp port > ${index}`);
  writeFileSync(path.join(folder, 'rules.txt'), `${rules.join('\n')}\n`);
  writeFileSync(path.join(folder, 'filter.yaml'), 'interfaces: [a, b]\nelements:\n  filter: { type: IPFilter, rules: !include rules.txt }\ngraph: a -> MarkIPHeader(14) -> filter -> b\n');
  const text = readFileSync(await writeUnit(path.join(folder, 'filter.yaml'), path.join(folder, 'filter.c')), 'utf8');
  t.ok(text.includes('wl_slot_rule'), 'the hash is used');
});
