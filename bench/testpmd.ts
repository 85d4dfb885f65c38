/** DPDK's testpmd on one core: what its forwarding costs between ports in memory. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '#src/measure/statistics.js';
import type { Measured } from './kernel-paths.js';

interface Setting {
  readonly devices: readonly string[];
  readonly forward: string;
  readonly start: string;
}

/** By scenario, the name and what testpmd is told. Rings lead back to their port; null ports copy frames of 64 bytes in and throw them away. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  wire: { 'testpmd io, net_ring': { devices: ['net_ring0', 'net_ring1'], forward: 'io', start: 'start tx_first 8' } },
  'mac-swap': {
    'testpmd macswap, net_ring': { devices: ['net_ring0', 'net_ring1'], forward: 'macswap', start: 'start tx_first 8' },
    'testpmd macswap, net_null': { devices: ['net_null0,size=64', 'net_null1,size=64'], forward: 'macswap', start: 'start' },
  },
};

const READY_MS = 20_000, SAMPLE_MS = 400;

/** Of each way to do a scenario's job, nanoseconds of core time a packet, or why there are none. */
export async function measureTestpmd(scenario: string, samples: number): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {};
  for (const [name, setting] of Object.entries(SETTINGS[scenario] ?? {})) measured[name] = await measure(setting, samples);
  return measured;
}

async function measure({ devices, forward, start }: Setting, samples: number): Promise<Measured> {
  if (spawnSync('sh', ['-c', 'command -v dpdk-testpmd']).status !== 0) return { reason: 'dpdk-testpmd is not installed: apt-get install dpdk-dev' };
  const cores = os.cpus().length;
  if (cores < 2) return { reason: 'testpmd needs two cores: one forwards, one commands' };
  const words = ['--no-huge', '-m', '256', '--no-pci', '--no-telemetry', '--no-shconf', '--log-level=critical', '-l', `0,${cores - 1}`, ...devices.flatMap((device) => ['--vdev', device]), '--', '--interactive', `--forward-mode=${forward}`, '--total-num-mbufs=2048', '--nb-cores=1'];
  // By line: it is to say what it has when it is asked.
  const child = spawn('stdbuf', ['-oL', 'dpdk-testpmd', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const screen = new Screen(child);
  try {
    await screen.until(/testpmd>/);
    child.stdin!.write(`${start}\n`);
    const times: number[] = [];
    let before = await look(child, screen);
    for (let sample = 0; sample <= samples; sample += 1) {
      await sleep(SAMPLE_MS);
      const after = await look(child, screen);
      // The first is a warm-up.
      if (sample > 0) times.push((after.ns - before.ns) / (after.packets - before.packets));
      before = after;
    }
    return times.every((time) => Number.isFinite(time) && time > 0) ? { ns_per_packet: median(times), samples: times } : { reason: 'testpmd forwards nothing' };
  } catch (error) {
    return { reason: (error as Error).message };
  } finally {
    child.stdin!.end('stop\nquit\n');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await closed;
    clearTimeout(killer);
  }
}

/** What a program has said since it was last asked; its errors apart, as they may come in the middle of a word. */
class Screen {
  private text = '';
  private errors = '';
  private ended = false;

  constructor(child: ChildProcess) {
    child.stdout!.on('data', (piece: Buffer) => (this.text += piece.toString()));
    child.stderr!.on('data', (piece: Buffer) => (this.errors += piece.toString()));
    child.once('error', () => (this.ended = true));
    child.once('close', () => (this.ended = true));
  }

  async until(pattern: RegExp): Promise<string> {
    for (let waited = 0; !pattern.test(this.text); waited += 20) {
      if (this.ended || waited > READY_MS) throw new Error((this.text + this.errors).trim().split('\n').at(-1) || 'testpmd says nothing');
      await sleep(20);
    }
    const said = this.text;
    this.text = '';
    return said;
  }
}

/** Packets received by all ports so far, and the time that the forwarding thread had. */
async function look(child: ChildProcess, screen: Screen): Promise<{ packets: number; ns: number }> {
  child.stdin!.write('show fwd stats all\n');
  const text = await screen.until(/Accumulated[^]*TX-packets: \d+[^]*\n {2}\++\n/);
  const packets = /Accumulated[^]*?RX-packets: (\d+)/.exec(text)?.[1];
  const tasks = `/proc/${child.pid}/task`;
  const ns = readdirSync(tasks).filter((task) => /^(lcore|rte)-worker/.test(readFileSync(`${tasks}/${task}/comm`, 'utf8'))).reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]), 0);
  return { packets: Number(packets), ns };
}
