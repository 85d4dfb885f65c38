/**
 * Open vSwitch with DPDK as a learning switch (action NORMAL) on one core: its ports are DPDK's net_pcap, which gives the
 * scenario's frames again and again and copies each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureWriter } from '#src/capture/write.js';
import { median } from '#src/measure/statistics.js';
import type { Measured } from './kernel-paths.js';
import { OpenVswitchDaemon, until } from './open-vswitch-daemon.js';
import type { Scenario } from './scenarios.js';

const NAME = 'Open vSwitch, DPDK';
/** Scenario and number of its ports. */
const PORTS: Readonly<Record<string, number>> = { 'switch-1k': 4 };
const FRAMES = 1024;
const SAMPLE_MS = 500;

export async function measureOpenVswitch(scenario: Scenario, samples: number, folder: string): Promise<Record<string, Measured>> {
  const ports = PORTS[scenario.name];
  if (ports === undefined) return {};
  const problem = OpenVswitchDaemon.problem();
  return { [NAME]: problem === undefined ? await measure(scenario, ports, samples, folder) : { reason: problem } };
}

async function measure(scenario: Scenario, ports: number, samples: number, folder: string): Promise<Measured> {
  let daemon: OpenVswitchDaemon | undefined;
  try {
    daemon = await OpenVswitchDaemon.start(folder);
    return await forward(daemon, scenario, ports, samples, folder);
  } catch (error) {
    return { reason: (error as Error).message };
  } finally {
    await daemon?.end();
  }
}

async function forward(daemon: OpenVswitchDaemon, scenario: Scenario, ports: number, samples: number, folder: string): Promise<Measured> {
  const frames = scenario.hot();
  for (let port = 0; port < ports; port += 1) {
    const capture = path.join(folder, `${port}.pcap`);
    const writer = new CaptureWriter(capture);
    for (const frame of frames.traffic(port, FRAMES)) writer.write(0n, frame);
    writer.close();
    daemon.vsctl('add-port', 'br0', `p${port}`, '--', 'set', 'Interface', `p${port}`, 'type=dpdk', `options:dpdk-devargs=net_pcap${port},rx_pcap=${capture},infinite_rx=1`);
  }
  const asked = new Set(Array.from({ length: ports }, (_, port) => [...frames.traffic(port, FRAMES)].map((frame) => address(frame, 0))).flat());
  // Hosts that only receive are known from what they sent before, as in the other runs of the scenario.
  for (let port = 0; port < ports; port += 1) {
    for (const host of [...frames.prelude(port)].map((frame) => address(frame, 6))) if (asked.has(host)) daemon.appctl('fdb/add', 'br0', `p${port}`, '0', host);
  }
  const look = (): { packets: number; ns: number } => {
    const packets = Number(/pmd thread[^]*?packets received: (\d+)/.exec(daemon.appctl('dpif-netdev/pmd-stats-show'))?.[1] ?? 0);
    return { packets, ns: coreTime(daemon.pid) };
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
}

/** A MAC address of a frame, as text. */
const address = (frame: Uint8Array, at: number) => Buffer.from(frame.subarray(at, at + 6)).toString('hex').replaceAll(/(..)(?!$)/g, '$1:');

/** Core time of the threads that forward, in nanoseconds. */
function coreTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks)
    .filter((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').startsWith('pmd-'))
    .reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]), 0);
}
