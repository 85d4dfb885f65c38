/** A handler that changes an argument of an appliance of a site: other code takes its place, and goes on with what it knew; others say what to do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlwrite-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const write = (name: string, text: string) => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};
const read = async (vm: string, handler: string) => (await wirelet(['read', vm, handler], { env })).stdout;

const SINK = write('sink.yaml', `
interfaces: { in: { mac: 02:00:00:00:aa:02 } }
graph: |
  in -> c :: Counter -> Strip(14) -> MarkIPHeader -> SetIPAddress(10.0.0.9) -> rt :: RadixIPLookup(10.0.0.0/8 0, 0/0 1);
  rt[0] -> a :: Counter -> Discard; rt[1] -> b :: Counter -> q :: Queue(5) -> Discard;
`);

t.test('the appliance goes on with the argument, its counts, and its packets', { skip: kvm, timeout: 120_000 }, async (t) => {
  write('source.yaml', `
interfaces: { out: { mac: 02:00:00:00:aa:01 } }
graph: |
  FastUDPSource(2000, -1, 60, 02:00:00:00:aa:01, 10.0.0.2, 1, 02:00:00:00:aa:02, 10.0.0.9, 2) -> sent :: Counter -> out;
  out -> Discard;
`);
  const site = write('site.yaml', 'appliances: { source: { graph: source.yaml }, sink: { graph: sink.yaml } }\nnetworks: { a: { kind: wire, ports: [source.out, sink.in] } }\n');
  const up = await wirelet(['up', site], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  while (Number(await read('sink', 'a.count')) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const before = Number(await read('sink', 'a.count'));
  const said = await wirelet(['write', 'sink', 'rt.add', '10.0.0.9/32 1'], { env });
  t.equal(said.status, 0, said.stderr);
  t.match(said.stdout, /^Other code has taken its place: sink runs as process \d+; packets waited/);
  t.equal(await read('sink', 'rt.table'), '10.0.0.0/8\t\t-\t\t0\n0.0.0.0/0\t\t-\t\t1\n10.0.0.9/32\t\t-\t\t1\n');
  const after = Number(await read('sink', 'a.count'));
  t.ok(after >= before, `${after} packets went by the first route, ${before} before`);
  while (Number(await read('sink', 'b.count')) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(Number(await read('sink', 'a.count')), after, 'none goes that way now');
  const again = await wirelet(['write', 'sink', 'rt.add', '10.0.0.9/32 1'], { env });
  t.equal(again.status, 1);
  t.match(again.stderr, /conflict with existing route/);
});

t.test('one that belongs to no site says what to do', { timeout: 60_000 }, async (t) => {
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'run', SINK, '--name', 'lone', '--vmm', 'native'], { env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGINT');
    await ended;
  });
  while ((await read('lone', 'c.count')) === '') await new Promise((resolve) => setTimeout(resolve, 100));
  const said = await wirelet(['write', 'lone', 'rt.add', '10.0.0.9/32 1'], { env });
  t.equal(said.status, 1);
  t.match(said.stderr, /lone: Write handler 'rt.add' error:\narguments are constants in compiled code\n.*wirelet up.*--from-snapshot/s);
  const same = await wirelet(['write', 'lone', 'q.capacity', '5'], { env });
  t.equal(same.status, 0, 'an argument that it has already is no change');
});
