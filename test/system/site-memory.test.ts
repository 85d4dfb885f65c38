/** A host that is really out of memory: who is to go is told, the others go on, and nothing is left behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { MemoryLimit } from './lab/memory-limit.js';
import { until } from './lab/until.js';

const MIB = 1 << 20;
/** For the process that keeps the site, the switch, and some dozens of appliances. */
const LIMIT = 512 * MIB;
/** More than fit into that. */
const TOO_MANY = 600;
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const folder = mkdtempSync(path.join(tmpdir(), 'wlmem-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const cache = { WIRELET_CACHE: path.join(folder, 'cache') };
const kvm = probeKvm().usable ? undefined : 'no usable /dev/kvm';
const counts = /^oom_kill \d/m.test(readFileSync('/proc/vmstat', 'utf8')) ? undefined : 'the kernel does not count what it ends for want of memory';
const { limit, problem } = kvm ?? counts ? { problem: kvm ?? counts } : MemoryLimit.make(LIMIT);
t.teardown(() => limit?.remove());

/** Where a site of its own may run. */
function home(name: string): Record<string, string> {
  const own = path.join(folder, name);
  mkdirSync(own, { mode: 0o700 });
  return { XDG_RUNTIME_DIR: own, ...cache };
}
const site = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

interface Row {
  readonly name: string;
  readonly state: string;
  readonly pid: number;
  readonly restarts: number;
}
const rows = async (env: Record<string, string>) => JSON.parse((await wirelet(['ps', '--json'], { env })).stdout) as Row[];

t.test('a site that does not fit is refused with the reason, leaves nothing, and does not harm another one', { skip: problem ?? false, timeout: 180_000 }, async (t) => {
  const around = limit!.around.bind(limit!);
  const other = home('other'), env = home('much');
  t.teardown(async () => {
    await wirelet(['down'], { env: other });
    await wirelet(['down'], { env });
  });
  t.equal((await wirelet(['up', site('other.yaml', `appliances: { a: { graph: ${WIRE}, count: 2 } }\n`)], { env: other })).status, 0);
  const before = await rows(other);
  const { status, stderr } = await wirelet(['up', site('much.yaml', `appliances: { a: { graph: ${WIRE}, count: ${TOO_MANY} } }\n`)], { env, around });
  t.equal(status, 1, stderr);
  t.match(stderr, /WL5020 error: the machine has run out of memory: (the kernel ended the VMM of "a-\d+"|KVM has none )/);
  t.match(await wirelet(['ps'], { env }), { status: 1, stderr: /^WL4211/ }, 'it does not run');
  await until(async () => limit!.processes, (left) => left.length === 0, 'none of its processes is left');
  const rack = path.join(folder, 'much/wirelet/rack');
  t.same(readdirSync(rack).filter((name) => !['crashes', 'logs', 'rack.log'].includes(name)), [], 'nothing is left');
  t.same((await rows(other)).map(({ pid, restarts }) => [pid, restarts]), before.map(({ pid, restarts }) => [pid, restarts]), 'the other site goes on');
  t.match(await wirelet(['up', site('less.yaml', `appliances: { a: { graph: ${WIRE}, count: 4 } }\n`)], { env, around }), { status: 0 }, 'fewer of them fit');
  t.equal((await wirelet(['down'], { env })).status, 0);
});

t.test('while a site runs and memory runs out, an appliance is ended rather than what keeps it, and comes back', { skip: problem ?? false, timeout: 180_000 }, async (t) => {
  const around = limit!.around.bind(limit!);
  const env = home('some');
  t.teardown(() => wirelet(['down'], { env }));
  t.equal((await wirelet(['up', site('some.yaml', `appliances: { a: { graph: ${WIRE}, count: 30, restart: always } }\nnetworks: { n: { ports: [a-1.lan, a-2.lan] } }\n`)], { env, around })).status, 0);
  const before = await rows(env);
  const keeper = (JSON.parse(readFileSync(path.join(folder, 'some/wirelet/rack/site.json'), 'utf8')) as { pid: number }).pid;
  // Several, none of which has as much as to be ended itself, take a mebibyte after the other until somebody was.
  const hog = `
    const fs = require('node:fs');
    const killed = () => Number(/^oom_kill (\\d+)$/m.exec(fs.readFileSync('/proc/vmstat', 'latin1'))[1]);
    const before = killed(), taken = [];
    const more = () => {
      if (killed() > before || taken.length === ${LIMIT / MIB}) process.exit(killed() > before ? 0 : 1);
      taken.push(Buffer.alloc(${MIB}, 1));
      setTimeout(more, 2);
    };
    more();`;
  const [program, ...words] = around([process.execPath, '-e', hog]);
  const statuses = await Promise.all(Array.from({ length: 3 }, () => new Promise((resolve) => spawn(program!, words, { stdio: 'inherit' }).once('close', resolve))));
  t.same(statuses, [0, 0, 0], 'memory ran out');
  const after = await until(() => rows(env), (all) => all.every(({ state }) => state === 'running'), 'all run again');
  const restarted = after.filter(({ restarts }) => restarts > 0);
  t.ok(restarted.length > 0 && restarted.length < before.length, `${restarted.length} of ${before.length} were ended`);
  for (const { name, pid, restarts } of after) if (restarts === 0) t.equal(pid, before.find((row) => row.name === name)!.pid, `${name} goes on`);
  t.ok(existsSync(`/proc/${keeper}`), 'what keeps the site goes on');
  t.match((await wirelet(['logs', restarted[0]!.name], { env })).stdout, /WL5020 the machine has run out of memory/, 'the log says why');
  t.equal((await wirelet(['down'], { env })).status, 0);
  await until(async () => limit!.processes, (left) => left.length === 0, 'none of its processes is left');
});
