/** A switch that is killed or stands still while packets flow costs a wire none of them: both appliances wait for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { until } from './lab/until.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlsk-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const KILLS = 3;
/** More than a few times as long as the watchdog of the sender waits. */
const STILL_MS = 4000;
/** Frames that a switch had taken and not given back are taken again by the next one. */
const TWICE_MAX = 64;

async function says(...words: string[]): Promise<string> {
  const said = await wirelet(words, { env });
  if (said.status !== 0) throw new Error(`${words.join(' ')}: ${said.stderr}`);
  return said.stdout;
}
const carrier = async () => (JSON.parse(await says('top', '--json')) as { switch: { pid: number | null; restarts: number } }).switch;
const count = async (appliance: string, handler: string) => Number(await says('read', appliance, handler));

t.test('whatever was sent while three switches were killed has come', { skip: kvm, timeout: 180_000 }, async (t) => {
  writeFileSync(path.join(folder, 'source.yaml'), 'interfaces: { out: { mac: 02:00:00:00:00:01 } }\ngraph: |\n  flows :: FastUDPFlows(20000, -1, 60, 02:00:00:00:00:01, 10.0.0.2, 02:00:00:00:fe:01, 203.0.113.5, 64, 2000000000, ACTIVE false) -> sent :: Counter -> out;\n');
  writeFileSync(path.join(folder, 'sink.yaml'), 'interfaces: { in: {} }\ngraph: |\n  in -> seen :: Counter -> Discard;\n');
  const site = path.join(folder, 'site.yaml');
  writeFileSync(site, 'appliances: { a: { graph: source.yaml }, b: { graph: sink.yaml } }\nchains: [a.out -> b.in]\n');
  t.teardown(() => wirelet(['down'], { env }));
  await says('up', site);
  await says('write', 'a', 'flows.active', 'true');
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const before = await count('b', 'seen.count');
    await until(() => count('b', 'seen.count'), (seen) => seen > before + 1000, 'packets flow');
    process.kill((await carrier()).pid!, 'SIGKILL');
    await until(carrier, ({ pid, restarts }) => pid !== null && restarts === kill, 'there is another switch');
  }
  await says('write', 'a', 'flows.active', 'false');
  const sent = await count('a', 'sent.count');
  const seen = await until(() => count('b', 'seen.count'), (now) => now >= sent, 'all of them come');
  t.ok(seen <= sent + KILLS * TWICE_MAX, `${seen} came, ${sent} were sent`);
});

t.test('who waits for a switch that stands still is not taken for stuck', { skip: kvm, timeout: 180_000 }, async (t) => {
  const site = path.join(folder, 'still.yaml');
  writeFileSync(site, 'appliances: { a: { graph: source.yaml, watchdog_s: 1 }, b: { graph: sink.yaml } }\nchains: [a.out -> b.in]\n');
  t.teardown(() => wirelet(['down'], { env }));
  await says('up', site);
  await says('write', 'a', 'flows.active', 'true');
  await until(() => count('b', 'seen.count'), (seen) => seen > 1000, 'packets flow');
  const { pid } = await carrier();
  process.kill(pid!, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, STILL_MS));
  process.kill(pid!, 'SIGCONT');
  const before = await count('b', 'seen.count');
  await until(() => count('b', 'seen.count'), (seen) => seen > before + 1000, 'packets flow again');
  const [a] = JSON.parse(await says('ps', '--json')) as { name: string; restarts: number }[];
  t.match(a, { name: 'a', restarts: 0 });
});
