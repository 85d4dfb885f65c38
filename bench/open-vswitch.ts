/**
 * Open vSwitch with DPDK as a learning switch (action NORMAL) on one core: its ports are DPDK's net_pcap, which gives the
 * scenario's frames again and again and copies each. Everything of it is in a network namespace and a folder of its own.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureWriter } from '#src/capture/write.js';
import { median } from '#src/measure/statistics.js';
import type { Measured } from './kernel-paths.js';
import type { Scenario } from './scenarios.js';

const NAME = 'Open vSwitch, DPDK';
/** Scenario and number of its ports. */
const PORTS: Readonly<Record<string, number>> = { 'switch-1k': 4 };
const DAEMON = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk';
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const FRAMES = 1024;
const READY_MS = 30_000, SAMPLE_MS = 500, COMMAND_TIMEOUT_MS = 20_000;
/** In pages of 2 MiB, which Open vSwitch insists on; they are given back. */
const MEMORY_MB = 384, PAGE_MB = 2;
const PAGES = '/proc/sys/vm/nr_hugepages';

export async function measureOpenVswitch(scenario: Scenario, samples: number, folder: string): Promise<Record<string, Measured>> {
  const ports = PORTS[scenario.name];
  if (ports === undefined) return {};
  return { [NAME]: problem() === undefined ? await measure(scenario, ports, samples, folder) : { reason: problem()! } };
}

function problem(): string | undefined {
  if (!existsSync(DAEMON)) return 'ovs-vswitchd-dpdk is not installed: apt-get install openvswitch-switch-dpdk';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  if (os.cpus().length < 2) return 'Open vSwitch needs two cores: one forwards, one commands';
  return undefined;
}

async function measure(scenario: Scenario, ports: number, samples: number, folder: string): Promise<Measured> {
  const home = path.join(folder, 'ovs');
  mkdirSync(home);
  const namespace = `wlovs-${process.pid}`;
  const environment = { ...process.env, OVS_RUNDIR: home, OVS_DBDIR: home, OVS_LOGDIR: home, OVS_SYSCONFDIR: home };
  const database = `unix:${home}/db.sock`;
  const call = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(words[0]!, words.slice(1), { env: environment, encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS });
    if (status !== 0) throw new Error(`${words.slice(0, 2).join(' ')}: ${(stderr || stdout || 'no answer').trim().split('\n').at(-1)}`);
    return stdout;
  };
  const children: ChildProcess[] = [];
  const start = (...words: string[]): ChildProcess => {
    const log = openSync(path.join(home, `${path.basename(words[0]!)}.log`), 'w');
    const child = spawn('ip', ['netns', 'exec', namespace, ...words], { env: environment, stdio: ['ignore', log, log] });
    child.once('error', () => undefined);
    closeSync(log);
    children.push(child);
    return child;
  };
  const vsctl = (...words: string[]) => call('ovs-vsctl', `--db=${database}`, '--timeout=15', ...words);
  const pages = MEMORY_MB / PAGE_MB;
  try {
    addPages(pages);
    call('ip', 'netns', 'add', namespace);
    call('ovsdb-tool', 'create', path.join(home, 'conf.db'), SCHEMA);
    start('ovsdb-server', path.join(home, 'conf.db'), `--remote=punix:${home}/db.sock`, `--unixctl=${home}/db.ctl`);
    await until(() => existsSync(`${home}/db.sock`), 'ovsdb-server does not listen');
    vsctl('--no-wait', 'init');
    const other = { 'dpdk-init': 'true', 'dpdk-extra': '--no-pci --no-telemetry', 'dpdk-socket-mem': String(MEMORY_MB), 'per-port-memory': 'false', 'dpdk-lcore-mask': '0x1', 'pmd-cpu-mask': `0x${(1 << (os.cpus().length - 1)).toString(16)}` };
    vsctl('--no-wait', 'set', 'Open_vSwitch', '.', ...Object.entries(other).map(([name, value]) => `other_config:${name}=${JSON.stringify(value)}`));
    const daemon = start(DAEMON, database, `--unixctl=${home}/v.ctl`, `--log-file=${home}/v.log`);
    await until(() => existsSync(`${home}/v.ctl`), 'ovs-vswitchd-dpdk does not listen');
    vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev');
    const frames = scenario.hot();
    for (let port = 0; port < ports; port += 1) {
      const capture = path.join(home, `${port}.pcap`);
      const writer = new CaptureWriter(capture);
      for (const frame of frames.traffic(port, FRAMES)) writer.write(0n, frame);
      writer.close();
      vsctl('add-port', 'br0', `p${port}`, '--', 'set', 'Interface', `p${port}`, 'type=dpdk', `options:dpdk-devargs=net_pcap${port},rx_pcap=${capture},infinite_rx=1`);
    }
    const asked = new Set(Array.from({ length: ports }, (_, port) => [...frames.traffic(port, FRAMES)].map((frame) => address(frame, 0))).flat());
    // Hosts that only receive are known from what they sent before, as in the other runs of the scenario.
    for (let port = 0; port < ports; port += 1) {
      for (const host of [...frames.prelude(port)].map((frame) => address(frame, 6))) if (asked.has(host)) call('ovs-appctl', '-t', `${home}/v.ctl`, 'fdb/add', 'br0', `p${port}`, '0', host);
    }
    const look = (): { packets: number; ns: number } => {
      const shown = call('ovs-appctl', '-t', `${home}/v.ctl`, 'dpif-netdev/pmd-stats-show');
      const packets = Number(/pmd thread[^]*?packets received: (\d+)/.exec(shown)?.[1] ?? 0);
      return { packets, ns: coreTime(daemon.pid!) };
    };
    await until(() => look().packets > 0, 'Open vSwitch forwards nothing');
    const times: number[] = [];
    let before = look();
    for (let sample = 0; sample <= samples; sample += 1) {
      await sleep(SAMPLE_MS);
      const after = look();
      // The first is a warm-up.
      if (sample > 0) times.push((after.ns - before.ns) / (after.packets - before.packets));
      before = after;
    }
    return times.every((time) => Number.isFinite(time) && time > 0) ? { ns_per_packet: median(times), samples: times } : { reason: 'Open vSwitch forwards nothing' };
  } catch (error) {
    return { reason: (error as Error).message };
  } finally {
    for (const child of children.reverse()) await ended(child);
    spawnSync('ip', ['netns', 'delete', namespace]);
    addPages(-pages);
  }
}

/** More pages than there are now, or fewer: others may have changed their number meanwhile. */
function addPages(count: number): void {
  writeFileSync(PAGES, String(Math.max(0, Number(readFileSync(PAGES, 'utf8')) + count)));
}

/** A MAC address of a frame, as text. */
const address = (frame: Uint8Array, at: number) => Buffer.from(frame.subarray(at, at + 6)).toString('hex').replaceAll(/(..)(?!$)/g, '$1:');

async function until(good: () => boolean, what: string): Promise<void> {
  for (const begin = performance.now(); ; await sleep(50)) {
    if (good()) return;
    if (performance.now() - begin > READY_MS) throw new Error(what);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await closed;
  clearTimeout(killer);
}

/** Core time of the threads that forward, in nanoseconds. `ip netns exec` becomes the program: it has its number. */
function coreTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .filter((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').startsWith('pmd-'))
    .reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]), 0);
}
