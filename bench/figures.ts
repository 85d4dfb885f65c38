/** Sizes and times that are promised in docs/specification.md, besides rates. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { measureBoot } from '#src/measure/boot.js';
import { median } from '#src/measure/statistics.js';
import { probeKvm } from '#src/run/machine.js';
import { runAppliance } from '#src/library.js';
import { FLOWS, measureOpenFlow, mppsOf } from './openflow.js';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly reach: string;
  readonly good: boolean;
}

const COMMAND = path.join(packageRoot, 'src/cli/wirelet.mjs');
const FIREWALL = path.join(packageRoot, 'configs/firewall.yaml');
const TRAFFIC = path.join(packageRoot, 'configs/traffic/firewall');
const RUNS = 5;
const OPENFLOW_SAMPLES = 3;
/** KiB at most of the images that serve; that of the web server is without a site. */
const SERVING: Readonly<Record<string, number>> = { 'dns-server': 128, 'web-server': 160, 'openflow-switch': 128 };
const STARTS = 100;

export async function measureFigures(say: (text: string) => void): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-figures-'));
  try {
    return [...(await sizes(folder, say)), ...(await boots(say)), ...(await openflow(folder, say)), ...times(folder, say)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figure(name: string, value: number, unit: string, most: number): Figure {
  return { name, value, unit, reach: `<= ${most} ${unit}`, good: value <= most };
}

function rate(name: string, mpps: number, least: number): Figure {
  return { name, value: mpps, unit: 'Mpps', reach: `>= ${least} Mpps`, good: mpps >= least };
}

async function sizes(folder: string, say: (text: string) => void): Promise<Figure[]> {
  say('the firewall, its size and memory ...');
  const built = JSON.parse(command(['build', FIREWALL, '-o', path.join(folder, 'firewall.elf'), '--json'])) as { bytes: number; memory_bytes: number };
  const outcome = await runAppliance(path.join(folder, 'firewall.elf'), { ports: { lan: `pcap:in=${TRAFFIC}/lan-in.pcap`, wan: `pcap:in=${TRAFFIC}/wan-in.pcap` } });
  return [
    figure('firewall image', built.bytes / 1024, 'KiB', 96),
    ...serving(folder),
    figure('firewall guest memory, packets included', built.memory_bytes / 2 ** 20, 'MiB', 2),
    figure('private memory of the VMM', (outcome.memory.vmm_private_bytes ?? 0) / 1024, 'KiB', 512),
  ];
}

/** The appliances of docs that serve, each as it is shipped but for the site. */
function serving(folder: string): Figure[] {
  const empty = path.join(folder, 'site');
  mkdirSync(empty);
  return Object.entries(SERVING).map(([name, most]) => {
    const more = name === 'web-server' ? ['--set', `root=${empty}`] : [];
    const built = JSON.parse(command(['build', path.join(packageRoot, `configs/${name}.yaml`), '-o', path.join(folder, `${name}.elf`), '--json', ...more])) as { bytes: number };
    return figure(`${name} image${more.length > 0 ? ', without a site' : ''}`, built.bytes / 1024, 'KiB', most);
  });
}

async function openflow(folder: string, say: (text: string) => void): Promise<Figure[]> {
  say('the OpenFlow switch ...');
  const { native, vm } = await measureOpenFlow(OPENFLOW_SAMPLES, folder);
  return [rate(`OpenFlow switch, ${FLOWS} flows, packets in memory`, mppsOf(native), 10), ...(vm === null ? [] : [rate(`OpenFlow switch, ${FLOWS} flows, through a VM`, mppsOf(vm), 10)])];
}

async function boots(say: (text: string) => void): Promise<Figure[]> {
  if (!probeKvm().usable) return [];
  say(`${STARTS} starts ...`);
  const starts = await measureBoot({ graph: FIREWALL, vmm: 'kvm', runs: STARTS, load: {}, template: `${TRAFFIC}/lan-in.pcap` });
  return [
    figure('execve of the VMM to the first frame out, p50', starts.median / 1000, 'ms', 3),
    figure('the same, p99', starts.p99 / 1000, 'ms', 10),
  ];
}

function times(folder: string, say: (text: string) => void): Figure[] {
  say('check and build ...');
  const large = path.join(folder, 'large.yaml');
  const elements = Array.from({ length: 998 }, (_, index) => `c${index} :: Counter`).join(' -> ');
  writeFileSync(large, `interfaces: [lan, wan]\ngraph: |\n  lan -> ${elements} -> wan\n`);
  const checks = timed(() => command(['check', large]));
  const cold = timed(() => command(['build', FIREWALL, '-o', path.join(folder, 'cold.elf')], { WIRELET_CACHE: mkdtempSync(path.join(folder, 'cache-')) }));
  command(['build', FIREWALL, '-o', path.join(folder, 'warm.elf')]);
  const cached = timed(() => command(['build', FIREWALL, '-o', path.join(folder, 'warm.elf')]));
  return [figure('check of a 1,000-element graph', checks, 's', 1), figure('build of the firewall, cold', cold, 's', 4), figure('build of the firewall, cached', cached, 's', 0.7)];
}

function timed(action: () => void): number {
  const samples: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const begin = performance.now();
    action();
    samples.push((performance.now() - begin) / 1000);
  }
  return median(samples);
}

function command(args: readonly string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd: packageRoot, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`wirelet ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
