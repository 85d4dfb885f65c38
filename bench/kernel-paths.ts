/**
 * The same jobs done by the kernel of this machine: bridge, routes, nftables, iptables, XDP. Each runs in a network namespace
 * of its own that ends with it, gets the scenario's own frames, and is measured on one core (bench/peers/kernel-path.c).
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeFrames } from '#src/measure/in-memory.js';
import { median } from '#src/measure/statistics.js';
import { routes } from '#src/measure/traffic/lists.js';
import { formatIpv4 } from '#src/kit/address.js';
import { packageRoot } from '#src/package-root.js';
import { listFile } from './lists.js';
import type { Scenario } from './scenarios.js';

const run = promisify(execFile);

/** A figure of a peer, or why there is none. */
export type Measured = { readonly ns_per_packet: number; readonly samples: readonly number[] } | { readonly reason: string };

interface KernelPath {
  /** Programs that it needs, and the Debian packages that have them. */
  readonly needs: Readonly<Record<string, string>>;
  /** Shell lines that set the devices up: in0 and out0 of the path, a0 and b0 at their other ends. */
  setup(scenario: Scenario): string;
  /** What kernel-path is told, behind the counter. */
  readonly inject: readonly string[];
  /** Of the frames, those that come through at least, 0..1: firewalls drop some. */
  readonly through: number;
}

const PACKETS = 500_000;
const TIMEOUT_MS = 120_000;

const DEVICES = `set -e
mount -t sysfs none /sys
ip link add in0 address 02:00:00:00:fe:00 type veth peer name a0
ip link add out0 type veth peer name b0
for device in lo in0 a0 out0 b0; do ip link set $device up; done
`;

/** All that is not for this network goes out by out0. */
const ROUTED = `sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.in0.rp_filter=0
ip addr add 198.18.0.1/24 dev in0
ip addr add 198.19.0.1/24 dev out0
ip neigh replace 198.19.0.2 lladdr 02:00:00:00:aa:00 dev out0
ip route add default via 198.19.0.2
`;

/** All frames of a flow have the same sequence number: that is to be no reason to drop them. */
const LIBERAL = 'sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1\n';

const BASE = { ip: 'iproute2', unshare: 'util-linux' };
const OUT = ['pass:in0', 'b0=drop'] as const;

const PATHS: Readonly<Record<string, KernelPath>> = {
  'XDP redirect': { needs: BASE, setup: () => '', inject: ['send:out0', 'b0=drop'], through: 0.99 },
  'XDP, swap and redirect': { needs: BASE, setup: () => '', inject: ['send:a0', 'in0=swap:out0', 'b0=drop'], through: 0.99 },
  'Linux bridge': {
    needs: { ...BASE, bridge: 'iproute2' },
    setup: (scenario) => `ip link add br0 type bridge\nip link set in0 master br0\nip link set out0 master br0\nip link set br0 up\n${file('fdb', destinations(scenario).map((mac) => `fdb replace ${mac} dev out0 master static`))}bridge -batch fdb\n`,
    inject: OUT, through: 0.99,
  },
  'Open vSwitch, kernel': {
    needs: { ...BASE, 'ovs-vsctl': 'openvswitch-switch' },
    setup: () => `modprobe openvswitch 2>/dev/null || [ -d /sys/module/openvswitch ] || { echo 'this kernel has no datapath of Open vSwitch' >&2; exit 4; }
export OVS_RUNDIR=$PWD/ovs OVS_DBDIR=$PWD/ovs OVS_LOGDIR=$PWD/ovs OVS_SYSCONFDIR=$PWD/ovs
mkdir -p ovs
trap 'kill $(cat ovs/*.pid)' EXIT
[ -e ovs/conf.db ] || ovsdb-tool create ovs/conf.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server ovs/conf.db --remote=punix:ovs/db.sock --unixctl=$PWD/ovs/ovsdb.ctl --detach --pidfile=$PWD/ovs/ovsdb.pid
ovs-vsctl --db=unix:ovs/db.sock --no-wait init
ovs-vswitchd unix:ovs/db.sock --unixctl=$PWD/ovs/vswitchd.ctl --detach --pidfile=$PWD/ovs/vswitchd.pid
ovs-vsctl --db=unix:ovs/db.sock --timeout=20 add-br br0 -- add-port br0 in0 -- add-port br0 out0
ovs-ofctl add-flow unix:ovs/br0.mgmt in_port=in0,actions=output:out0
`,
    inject: OUT, through: 0.99,
  },
  'Linux routes': {
    needs: BASE,
    setup: (scenario) => `${ROUTED}${file('routes', routes(Number(/\d+/.exec(scenario.name)![0]) * (scenario.name.endsWith('k') ? 1000 : 1)).map(({ address, length }) => `route replace ${formatIpv4(address)}/${length} via 198.19.0.2`))}ip -force -batch routes\n`,
    inject: OUT, through: 0.9,
  },
  nftables: {
    needs: { ...BASE, nft: 'nftables' },
    setup: (scenario) => `${ROUTED}${file('rules', ['table ip filter {', 'chain forward { type filter hook forward priority 0; policy accept;', ...firewallRules(scenario).map(nftRule), 'drop', '}', '}'])}nft -f rules\n`,
    inject: OUT, through: 0,
  },
  iptables: {
    needs: { ...BASE, 'iptables-restore': 'iptables' },
    setup: (scenario) => `${ROUTED}${file('rules', ['*filter', ...firewallRules(scenario).map(iptablesRule), '-A FORWARD -j DROP', 'COMMIT'])}iptables-restore < rules\n`,
    inject: OUT, through: 0,
  },
  'nftables masquerade': {
    needs: { ...BASE, nft: 'nftables' },
    setup: () => `${ROUTED}nft 'table ip nat { chain post { type nat hook postrouting priority 100; oifname out0 masquerade; }; }'\n${LIBERAL}`,
    inject: OUT, through: 0.99,
  },
  'nftables ct state': {
    needs: { ...BASE, nft: 'nftables' },
    setup: () => `${ROUTED}nft 'table ip filter { chain forward { type filter hook forward priority 0; policy drop; ct state established,new accept; }; }'\n${LIBERAL}`,
    // Connections are picked up in the middle: handshakes of one side only would be held against them.
    inject: [...OUT, 'setup=no'], through: 0.99,
  },
};

/** The paths that do the job of a scenario. */
const JOBS: Readonly<Record<string, readonly string[]>> = {
  wire: ['XDP redirect'],
  'mac-swap': ['XDP, swap and redirect'],
  'switch-1k': ['Linux bridge', 'Open vSwitch, kernel'],
  'router-100': ['Linux routes'],
  'router-100k': ['Linux routes'],
  'firewall-20': ['nftables', 'iptables'],
  'firewall-1000': ['nftables', 'iptables'],
  'nat-10k': ['nftables masquerade'],
  'conntrack-100k': ['nftables ct state'],
};

/** Of all paths that do a scenario's job, the figure or why there is none. `folder` is for files, and is left as it is. */
export async function measureKernelPaths(scenario: Scenario, samples: number, folder: string): Promise<Record<string, Measured>> {
  const names = JOBS[scenario.name] ?? [];
  const measured: Record<string, Measured> = {};
  if (names.length === 0) return measured;
  const program = path.join(folder, 'kernel-path');
  const problem = await compileProblem(program);
  const frames = writeFrames(scenario.hot(), path.join(folder, 'kernel-frames'));
  for (const name of names) measured[name] = problem === undefined ? await measure(PATHS[name]!, scenario, program, frames, samples, folder) : { reason: problem };
  return measured;
}

async function compileProblem(program: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  try {
    await run('cc', ['-O2', '-o', program, path.join(packageRoot, 'bench/peers/kernel-path.c')]);
    return undefined;
  } catch (error) {
    return `kernel-path.c cannot be compiled: ${lastLine((error as { stderr?: string }).stderr ?? '')}`;
  }
}

async function measure(kernelPath: KernelPath, scenario: Scenario, program: string, frames: string, samples: number, folder: string): Promise<Measured> {
  for (const [command, debian] of Object.entries(kernelPath.needs)) {
    if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) return { reason: `${command} is not installed: apt-get install ${debian}` };
  }
  const script = path.join(folder, 'path.sh');
  const call = `${program} ${PACKETS} /sys/class/net/out0/statistics/tx_packets ${kernelPath.inject.join(' ')} < ${frames}\n`;
  writeFileSync(script, DEVICES + kernelPath.setup(scenario) + call);
  const times: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const { status, out, errors } = await inNamespace(script, folder);
    if (status !== 0) return { reason: lastLine(errors) || `it ended with ${status}` };
    const [packets, , ns, counted] = out.trim().split(' ').map(Number) as [number, number, number, number];
    if (counted < packets * kernelPath.through) return { reason: `only ${counted} of ${packets} frames came through` };
    times.push(ns / packets);
  }
  return { ns_per_packet: median(times), samples: times };
}

/** The namespaces end with the shell, and with them their devices. */
async function inNamespace(script: string, folder: string): Promise<{ status: number | null; out: string; errors: string }> {
  const input = openSync('/dev/null', 'r');
  const child = spawn('unshare', ['--net', '--mount', 'sh', script], { cwd: folder, stdio: [input, 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  let out = '', errors = '';
  child.stdout!.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr!.on('data', (piece: Buffer) => (errors += piece.toString()));
  try {
    return { status: await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)), out, errors };
  } finally {
    closeSync(input);
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Shell lines that write a file. */
const file = (name: string, lines: readonly string[]): string => `cat > ${name} <<'END'\n${lines.join('\n')}\nEND\n`;

/** Where the frames of interface 0 go to. */
function destinations(scenario: Scenario): string[] {
  const macs = [...scenario.hot().traffic(0, 1 << 20)].map((frame) => [...frame.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
  return [...new Set(macs)];
}

interface Rule {
  readonly allow: boolean;
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp';
  readonly low: number;
  readonly high: number;
}

/** The rules of a firewall scenario as it has them in its list, or its graph. The last, to deny all, is left to the peer. */
function firewallRules(scenario: Scenario): Rule[] {
  const text = readFileSync(listFile(scenario.name) ?? path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`), 'utf8');
  return text.split('\n').flatMap((line) => {
    const found = /(allow|deny) src net (\S+) && dst net (\S+) && (.*)/.exec(line);
    if (found === null) return [];
    const [, action, source, destination, rest] = found as unknown as [string, string, string, string, string];
    const ports = [...rest.matchAll(/port (?:[<>]= )?(\d+)/g)].map(([, port]) => Number(port));
    return [{ allow: action === 'allow', source, destination, protocol: /tcp|proto 6\b/.test(rest) ? ('tcp' as const) : ('udp' as const), low: ports[0]!, high: ports.at(-1)! }];
  });
}

const portsOf = ({ low, high }: Rule, between: string): string => (low === high ? `${low}` : `${low}${between}${Math.min(65_535, high)}`);
const nftRule = (rule: Rule): string => `ip saddr ${rule.source} ip daddr ${rule.destination} ${rule.protocol} dport ${portsOf(rule, '-')} ${rule.allow ? 'accept' : 'drop'}`;
const iptablesRule = (rule: Rule): string => `-A FORWARD -s ${rule.source} -d ${rule.destination} -p ${rule.protocol} --dport ${portsOf(rule, ':')} -j ${rule.allow ? 'ACCEPT' : 'DROP'}`;
