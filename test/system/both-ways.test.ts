/** Appliances on wires that send each other more than the other takes: nobody waits for ever. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';
import { until } from './lab/until.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlbw-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
/** Rings and what else holds frames on the way are full many times over. */
const ENOUGH = 100_000;

const end = (name: string, address: string, peer: string) => {
  writeFileSync(path.join(folder, `${name}.yaml`), `interfaces: { line: {} }
graph: |
  flows :: FastUDPFlows(2000000, -1, 60, 02:00:00:00:00:01, ${address}, 02:00:00:00:00:02, ${peer}, 64, 2000000000, ACTIVE true) -> line
  line -> seen :: Counter -> Discard
`);
};

t.test('packets go both ways through two appliances for as long as both ends send', { timeout: 180_000 }, async (t) => {
  end('a', '10.0.0.1', '10.0.0.2');
  end('b', '10.0.0.2', '10.0.0.1');
  const site = path.join(folder, 'site.yaml');
  writeFileSync(site, `appliances: { a: { graph: a.yaml }, f: { graph: ${WIRE} }, g: { graph: ${WIRE} }, b: { graph: b.yaml } }
chains: [a.line -> f.lan, f.wan -> g.lan, g.wan -> b.line]
`);
  t.teardown(() => wirelet(['down'], { env }));
  const up = await wirelet(['up', site], { env });
  t.equal(up.status, 0, up.stderr);
  for (const name of ['a', 'b']) {
    const seen = async () => Number((await wirelet(['read', name, 'seen.count'], { env })).stdout);
    t.ok((await until(seen, (count) => count > ENOUGH, `packets come to ${name}`)) > ENOUGH);
  }
});
