/** Open vSwitch with DPDK, in a network namespace and a folder of its own; its hugepages are given back with it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DAEMON = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk';
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const READY_MS = 30_000, COMMAND_TIMEOUT_MS = 20_000;
/** In pages of 2 MiB, which Open vSwitch insists on. */
const MEMORY_MB = 384, PAGE_MB = 2;
const PAGES = '/proc/sys/vm/nr_hugepages';

let daemons = 0;

export class OpenVswitchDaemon {
  private readonly children: ChildProcess[] = [];
  private readonly namespace: string;
  private readonly environment: NodeJS.ProcessEnv;
  private pages = 0;

  /** Why it cannot be used here; undefined: it can. */
  static problem(): string | undefined {
    if (!existsSync(DAEMON)) return 'ovs-vswitchd-dpdk is not installed: apt-get install openvswitch-switch-dpdk';
    if (process.getuid?.() !== 0) return 'only root may make network namespaces';
    if (os.cpus().length < 2) return 'Open vSwitch needs two cores: one forwards, one commands';
    return undefined;
  }

  private constructor(private readonly home: string) {
    daemons += 1;
    this.namespace = `wlovs-${process.pid}-${daemons}`;
    this.environment = { ...process.env, OVS_RUNDIR: home, OVS_DBDIR: home, OVS_LOGDIR: home, OVS_SYSCONFDIR: home };
  }

  /** Starts it with the bridge `br0`, its last processor forwarding. To be ended in any case. Fails with what it says. */
  static async start(folder: string): Promise<OpenVswitchDaemon> {
    const home = path.join(folder, 'ovs');
    mkdirSync(home);
    const daemon = new OpenVswitchDaemon(home);
    try {
      await daemon.begin();
      return daemon;
    } catch (error) {
      await daemon.end();
      throw error;
    }
  }

  vsctl(...words: string[]): string {
    return this.call('ovs-vsctl', `--db=unix:${this.home}/db.sock`, '--timeout=15', ...words);
  }

  appctl(...words: string[]): string {
    return this.call('ovs-appctl', '-t', `${this.home}/v.ctl`, ...words);
  }

  /** `ip netns exec` becomes the program: it has its number. */
  get pid(): number {
    return this.children.at(-1)!.pid!;
  }

  async end(): Promise<void> {
    for (const child of this.children.splice(0).reverse()) await ended(child);
    spawnSync('ip', ['netns', 'delete', this.namespace]);
    this.lend(-this.pages);
  }

  private async begin(): Promise<void> {
    const { home } = this;
    this.lend(MEMORY_MB / PAGE_MB);
    this.call('ip', 'netns', 'add', this.namespace);
    this.call('ovsdb-tool', 'create', path.join(home, 'conf.db'), SCHEMA);
    this.start('ovsdb-server', path.join(home, 'conf.db'), `--remote=punix:${home}/db.sock`, `--unixctl=${home}/db.ctl`);
    await until(() => existsSync(`${home}/db.sock`), 'ovsdb-server does not listen');
    this.vsctl('--no-wait', 'init');
    const other = { 'dpdk-init': 'true', 'dpdk-extra': '--no-pci --no-telemetry --single-file-segments', 'dpdk-socket-mem': String(MEMORY_MB), 'per-port-memory': 'false', 'dpdk-lcore-mask': '0x1', 'pmd-cpu-mask': `0x${(1 << (os.cpus().length - 1)).toString(16)}` };
    this.vsctl('--no-wait', 'set', 'Open_vSwitch', '.', ...Object.entries(other).map(([name, value]) => `other_config:${name}=${JSON.stringify(value)}`));
    this.start(DAEMON, `unix:${home}/db.sock`, `--unixctl=${home}/v.ctl`, `--log-file=${home}/v.log`);
    await until(() => existsSync(`${home}/v.ctl`), 'ovs-vswitchd-dpdk does not listen');
    this.vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev');
  }

  private call(...words: string[]): string {
    const { status, stdout, stderr } = spawnSync(words[0]!, words.slice(1), { env: this.environment, encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS });
    if (status !== 0) throw new Error(`${words.slice(0, 2).join(' ')}: ${(stderr || stdout || 'no answer').trim().split('\n').at(-1)}`);
    return stdout;
  }

  private start(...words: string[]): void {
    const log = openSync(path.join(this.home, `${path.basename(words[0]!)}.log`), 'w');
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...words], { env: this.environment, stdio: ['ignore', log, log] });
    child.once('error', () => undefined);
    closeSync(log);
    this.children.push(child);
  }

  /** More pages than there are now, or fewer: others may have changed their number meanwhile. */
  private lend(count: number): void {
    if (count === 0) return;
    writeFileSync(PAGES, String(Math.max(0, Number(readFileSync(PAGES, 'utf8')) + count)));
    this.pages += count;
  }
}

/** Looks again until it is so; fails with `what` when it takes too long. */
export async function until(good: () => boolean, what: string): Promise<void> {
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
