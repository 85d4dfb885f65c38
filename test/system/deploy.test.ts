/** Files for other engines: what each of them says, and those that can be run here carry frames. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import { TARGETS } from '#src/deploy/targets.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';
import type { Machine } from './lab/machine.js';
import { until } from './lab/until.js';

const WIRE = 'configs/wire.yaml';
const RUN_MS_MAX = 120_000;

function folderOf(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-deploy-'));
  // libvirt's QEMU is of a user of its own.
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function deploy(t: Test, folder: string, ...words: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await wirelet(['deploy', WIRE, '-o', folder, '--json', ...words]);
  t.equal(status, 0, stderr);
  return (JSON.parse(stdout) as { files: string[] }).files;
}

/** What a script hands to the program it becomes. */
function argumentsOf(folder: string, file: string, program: string): string[] {
  const bin = path.join(folder, 'bin');
  spawnSync('mkdir', ['-p', bin]);
  writeFileSync(path.join(bin, program), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(file, ['--of', 'mine'], { encoding: 'utf8', env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n');
}

await t.test('each engine gets the image and its files, and a text that says how to begin', async (t) => {
  for (const name of Object.keys(TARGETS)) {
    const folder = folderOf(t);
    const files = await deploy(t, folder, '--to', name, '--replicas', '2', '--network', 'lan=office');
    t.ok(files.length >= 3 && files.every((file) => existsSync(file)), `${name}: ${files.join(', ')}`);
    t.ok(files.some((file) => file.endsWith('wire.elf')), name);
    const readme = readFileSync(path.join(folder, 'README.txt'), 'utf8');
    for (const word of [/wire-1/, /wire-2/, /lan: \w+ office/, /Start:\n  \S/, /End:\n  \S/, /Control.*:\n  \S[\s\S]*wirelet attach wire\.elf --serial /]) t.match(readme, word, name);
  }
});

await t.test('the addresses of the first machine are those of the graph, and no two are the same', async (t) => {
  const folder = folderOf(t);
  const files = await deploy(t, folder, '--to', 'firecracker', '--replicas', '3');
  const inspected = JSON.parse((await wirelet(['inspect', path.join(folder, 'wire.elf'), '--json'])).stdout) as { interfaces: { mac: string }[] };
  const configurations = files.filter((file) => file.endsWith('.json')).map((file) => JSON.parse(readFileSync(file, 'utf8')) as { 'network-interfaces': { iface_id: string; guest_mac: string; host_dev_name: string }[] });
  const cards = configurations.flatMap((one) => one['network-interfaces']);
  t.same(configurations[0]!['network-interfaces'].map(({ guest_mac: mac }) => mac), inspected.interfaces.map(({ mac }) => mac));
  t.equal(new Set(cards.map(({ guest_mac: mac }) => mac)).size, 6);
  t.same(cards.map(({ host_dev_name: tap }) => tap), ['lan-1', 'wan-1', 'lan-2', 'wan-2', 'lan-3', 'wan-3']);
  t.match(configurations[0], { 'boot-source': { kernel_image_path: 'wire.elf' }, 'machine-config': { vcpu_count: 1, mem_size_mib: 16 }, drives: [] });
});

await t.test('scripts hand their programs what is meant', async (t) => {
  const folder = folderOf(t);
  const [, qemu] = await deploy(t, folder, '--to', 'qemu');
  t.match(argumentsOf(folder, qemu!, 'qemu-system-x86_64').join(' '), /-serial unix:wire\.serial,server=on,wait=off .*-kernel wire\.elf -netdev tap,id=net0,ifname=lan,script=no,downscript=no -device virtio-net-device,netdev=net0,mac=\S+ -netdev tap,id=net1,ifname=wan.* --of mine$/);
  const [, hypervisor] = await deploy(t, folder, '--to', 'cloud-hypervisor');
  t.match(argumentsOf(folder, hypervisor!, 'cloud-hypervisor').join(' '), /^--kernel wire\.elf --cpus boot=1 --memory size=16M --console off --serial socket=wire\.serial --net tap=lan,mac=\S+ tap=wan,mac=\S+ --of mine$/);
});

await t.test("KubeVirt's machines boot the image of the container, with a network of Multus for each interface", async (t) => {
  const folder = folderOf(t);
  await deploy(t, folder, '--to', 'kubevirt', '--replicas', '2', '--network', 'wan=default/provider');
  // As Kubernetes reads it: by YAML 1.1, in which an address of digits only is a number.
  const machines = parseAllDocuments(readFileSync(path.join(folder, 'wire.yaml'), 'utf8'), { version: '1.1' }).map((document) => document.toJS() as Record<string, unknown>);
  t.equal(machines.length, 2);
  t.match(machines[0], {
    kind: 'VirtualMachine',
    metadata: { name: 'wire-1' },
    spec: { template: { spec: {
      domain: { firmware: { kernelBoot: { container: { kernelPath: '/boot/wire.elf' } } }, devices: { interfaces: [{ name: 'lan', macAddress: /^..(:..){5}$/ }, { name: 'wan', macAddress: String }] } },
      networks: [{ name: 'lan', multus: { networkName: 'lan' } }, { name: 'wan', multus: { networkName: 'default/provider' } }],
    } } },
  });
  t.match(readFileSync(path.join(folder, 'Dockerfile'), 'utf8'), /COPY --chown=107:107 wire\.elf \/boot\/wire\.elf/);
});

await t.test('what is wrong is said', async (t) => {
  const folder = folderOf(t);
  t.match(await wirelet(['deploy', WIRE, '-o', folder]), { status: 2, stderr: /WL1391.*needs an engine/ });
  t.match(await wirelet(['deploy', WIRE, '--to', 'libvrt', '-o', folder]), { status: 2, stderr: /WL1391[\s\S]*libvirt/ });
  t.match(await wirelet(['deploy', WIRE, '--to', 'qemu', '-o', folder, '--replicas', '0']), { status: 2, stderr: /WL1391/ });
  t.match(await wirelet(['deploy', WIRE, '--to', 'qemu', '-o', folder, '--network', 'lna=x']), { status: 2, stderr: /WL1391[\s\S]*lan/ });
  t.match(await wirelet(['deploy', WIRE, '--to', 'qemu', '-o', folder, '--network', 'lan=sixteen-letters.']), { status: 2, stderr: /WL1391[\s\S]*15 letters/ });
  t.match(await wirelet(['deploy', WIRE, '--to', 'qemu', '-o', path.join(folder, 'a')]), { status: 0 });
  t.match(await wirelet(['deploy', WIRE, '--to', 'qemu', '-o', path.join(folder, 'a/wire.elf')]), { status: 1, stderr: /WL3102/ });
});

await t.test('the script for QEMU runs the appliance', { skip: Lab.problem('ping', 'qemu-system-x86_64') ?? false }, async (t) => {
  const folder = folderOf(t);
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [left, right] = [lab.machine('left'), lab.machine('right')];
  const taps = [lab.tap(), lab.tap()];
  const [, script] = await deploy(t, folder, '--to', 'qemu', '--network', `lan=${taps[0]}`, '--network', `wan=${taps[1]}`);
  lab.start([script!], RUN_MS_MAX);
  // A tap goes to its machine once QEMU has it.
  await until(async () => spawnSync('ip', ['-d', 'tuntap'], { encoding: 'utf8' }).stdout, (text) => taps.every((tap) => new RegExp(`${tap}:.*\\n.*qemu`).test(text)), 'QEMU has the taps');
  left.plug(taps[0]!, '10.0.0.1/24');
  right.plug(taps[1]!, '10.0.0.2/24');
  await pings(t, left);
});

const NO_LIBVIRT = Lab.problem('ping', 'ethtool', 'qemu-system-x86_64', 'libvirtd', 'virtlogd', 'virsh', 'virt-xml-validate');

await t.test("libvirt's domains are what its schema says", { skip: NO_LIBVIRT ?? false }, async (t) => {
  const folder = folderOf(t);
  const files = (await deploy(t, folder, '--to', 'libvirt', '--replicas', '2')).filter((file) => file.endsWith('.xml'));
  t.equal(files.length, 2);
  for (const file of files) t.match(spawnSync('virt-xml-validate', [file, 'domain'], { encoding: 'utf8' }), { status: 0, stderr: /validates/ });
});

await t.test('libvirt runs the appliance', { skip: NO_LIBVIRT ?? false, timeout: RUN_MS_MAX }, async (t) => {
  const folder = folderOf(t);
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [host, left, right] = [lab.machine('host'), lab.machine('left'), lab.machine('right')];
  for (const [bridge, machine, address] of [['office', left, '10.0.0.1/24'], ['provider', right, '10.0.0.2/24']] as const) {
    const { near, far } = lab.cable();
    host.ip('link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0');
    host.plug(near);
    host.ip('link', 'set', near, 'master', bridge);
    host.ip('link', 'set', bridge, 'up');
    machine.plug(far, address);
  }
  const [, domain] = await deploy(t, folder, '--to', 'libvirt', '--network', 'lan=office', '--network', 'wan=provider');
  writeFileSync(domain!, readFileSync(domain!, 'utf8').replace('type="kvm"', 'type="qemu"'));
  // A libvirt of its own, with its files where nobody else's are; everything ends with the shell.
  const places = ['/run/libvirt', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt'];
  const program = lab.start(['ip', 'netns', 'exec', host.namespace, 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c',
    `set -e; mkdir -p ${places.join(' ')}; for place in ${places.join(' ')}; do mount -t tmpfs -o mode=755 none $place; done; virtlogd & libvirtd & ` +
    `for look in $(seq 100); do virsh -c qemu:///system version > /dev/null 2>&1 && break; sleep 0.1; done; virsh -c qemu:///system create ${domain}; sleep 100`], RUN_MS_MAX);
  await program.says(/created from/, RUN_MS_MAX);
  await pings(t, left);
});

/** Both sides hear each other through the appliance, once it is there. */
async function pings(t: Test, left: Machine): Promise<void> {
  await until(() => left.run('ping', '-c', '1', '-W', '1', '10.0.0.2'), ({ status }) => status === 0, 'the appliance carries frames');
  for (const size of ['56', '1472']) {
    const { status, stdout } = await left.ping('10.0.0.2', '-s', size);
    t.equal(status, 0, stdout);
  }
}
