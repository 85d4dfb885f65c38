/**
 * DPDK's vhost and virtio-user devices, driven by its own program for measurements (package `dpdk-dev`): what a virtio
 * ring costs where others have polished it. Huge pages are asked for, and given back.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Kinds of rings, and what virtio-user is told. */
const KINDS: Readonly<Record<string, { readonly device: string; readonly options?: readonly string[] }>> = {
  'DPDK split in order': { device: 'packed_vq=0,mrg_rxbuf=1,in_order=1' },
  'DPDK packed in order': { device: 'packed_vq=1,mrg_rxbuf=1,in_order=1' },
  'DPDK packed vectorised': { device: 'packed_vq=1,mrg_rxbuf=0,in_order=1,vectorized=1', options: ['--force-max-simd-bitwidth=512'] },
};
const HUGE_PAGES = '/proc/sys/vm/nr_hugepages';
const PAGES_PER_PROGRAM = 84;
const PAGE_BYTES = 2 << 20;
const START_MS = 3000;
const PATIENCE_MS = 8000;
const WARM_UP_MS = 1000;
const SAMPLE_MS = 1500;

export interface PeerTimes {
  /** Nanoseconds a packet, by kind of ring; null: no packets moved. */
  readonly times: Readonly<Record<string, number | null>>;
  /** Why there are none. */
  readonly reason?: string;
}

/** A frame crosses a ring with both sides on one core: nanoseconds of that core for each, the mean of both directions. */
export const crossingTimes = (): Promise<PeerTimes> => each(1, async (folder, { device, options = [] }) => {
  const program = new Testpmd(folder, 1, [`net_vhost0,iface=${folder}/socket`], ['-i'], options);
  try {
    await pause(START_MS);
    for (const command of ['port start 0', `port attach net_virtio_user0,path=${folder}/socket,queue_size=1024,mac=02:00:00:00:00:09,${device}`, 'port start 1', 'set fwd io', 'start tx_first 8']) {
      program.say(command);
      await pause(command.startsWith('port') ? START_MS / 2 : WARM_UP_MS);
    }
    const before = { packets: await program.received(2), ns: program.coreTime() };
    await pause(SAMPLE_MS);
    const packets = (await program.received(2)) - before.packets;
    return packets > 0 ? (program.coreTime() - before.ns) / packets : null;
  } finally {
    await program.end();
  }
});

/** Frames go to and fro between two cores for ever; nanoseconds of wall time for each that came back. */
export const bounceTimes = (): Promise<PeerTimes> => each(2, async (folder, { device, options = [] }) => {
  const programs: Testpmd[] = [];
  try {
    programs.push(new Testpmd(`${folder}`, 0, [`net_vhost0,iface=${folder}/socket`], ['-i', '--port-topology=loop'], []));
    await pause(START_MS);
    programs[0]!.say('set fwd io');
    programs[0]!.say('start');
    programs.push(new Testpmd(folder, 1, [`net_virtio_user0,path=${folder}/socket,queue_size=1024,mac=02:00:00:00:00:09,${device}`], ['-i', '--port-topology=loop'], options));
    await pause(START_MS);
    programs[1]!.say('set fwd io');
    programs[1]!.say('start tx_first 8');
    await pause(WARM_UP_MS);
    const begin = performance.now();
    const before = await programs[1]!.received(1);
    await pause(SAMPLE_MS);
    const packets = (await programs[1]!.received(1)) - before;
    return packets > 0 ? ((performance.now() - begin) * 1e6) / packets : null;
  } finally {
    for (const program of programs.reverse()) await program.end();
  }
});

async function each(programs: number, measure: (folder: string, kind: (typeof KINDS)[string]) => Promise<number | null>): Promise<PeerTimes> {
  if (spawnSync('dpdk-testpmd', ['--version'], { stdio: 'ignore' }).error !== undefined) return { times: {}, reason: 'dpdk-testpmd is not installed: apt-get install dpdk-dev' };
  const pages = programs * PAGES_PER_PROGRAM;
  const had = pageCount();
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-testpmd-'));
  try {
    try {
      writeFileSync(HUGE_PAGES, String(had + pages));
    } catch {
      return { times: {}, reason: 'DPDK needs huge pages, and only root may set them up' };
    }
    if (pageCount() < had + pages) return { times: {}, reason: `DPDK needs ${(pages * PAGE_BYTES) >> 20} MiB in huge pages, and the memory is too fragmented` };
    const times: Record<string, number | null> = {};
    for (const [name, kind] of Object.entries(KINDS)) {
      rmSync(path.join(folder, 'socket'), { force: true });
      times[name] = await measure(folder, kind);
    }
    return { times };
  } finally {
    writeFileSync(HUGE_PAGES, String(Math.max(0, pageCount() - pages)));
    rmSync(folder, { recursive: true, force: true });
  }
}

const pageCount = () => Number(readFileSync(HUGE_PAGES, 'utf8'));

/** A running dpdk-testpmd that forwards on core `core`. */
class Testpmd {
  readonly #process: ChildProcess;
  #output = '';

  constructor(folder: string, core: number, devices: readonly string[], words: readonly string[], options: readonly string[]) {
    const memory = ['--no-pci', '--in-memory', '--single-file-segments', '-m', '160', '--no-telemetry'];
    const ports = ['--nb-cores=1', '--total-num-mbufs=16384', '--txd=1024', '--rxd=1024'];
    // It does not flush what it says to others than a terminal.
    this.#process = spawn('stdbuf', ['-oL', 'dpdk-testpmd', '-l', '0,1', '--main-lcore', String(1 - core), '--file-prefix', `${path.basename(folder)}-${core}`, ...memory, ...options, ...devices.map((device) => `--vdev=${device}`), '--', ...ports, ...words]);
    this.#process.stdout!.on('data', (data: Buffer) => (this.#output += data.toString()));
    this.#process.stderr!.resume();
    this.#process.stdin!.on('error', () => {}); // it has ended: no packets then
  }

  say(command: string): void {
    this.#process.stdin!.write(`${command}\n`);
  }

  /** Frames that `ports` ports have received by now, together. */
  async received(ports: number): Promise<number> {
    const from = this.#output.length;
    this.say('show port stats all');
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(2)) {
      const counts = [...this.#output.slice(from).matchAll(/RX-packets:\s+(\d+)[^]*?Tx-bps:/g)].map((match) => Number(match[1]));
      if (counts.length >= ports) return counts.slice(0, ports).reduce((sum, count) => sum + count, 0);
    }
    return 0;
  }

  /** Nanoseconds that the thread which forwards was on a processor. */
  coreTime(): number {
    const tasks = `/proc/${this.#process.pid}/task`;
    const worker = readdirSync(tasks).find((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').includes('worker'));
    return worker === undefined ? 0 : Number(readFileSync(`${tasks}/${worker}/schedstat`, 'utf8').split(' ')[0]);
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    const timer = globalThis.setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  }
}
