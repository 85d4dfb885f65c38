/** Everything that a figure depends on besides what is measured. A figure without it says nothing. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { packageRoot } from '../package-root.js';
import type { Vmm } from '../run/outcome.js';

export interface Conditions {
  readonly date: string;
  readonly wirelet: string;
  /** Of the working tree; with `+` when it has changes; null outside of one. */
  readonly commit: string | null;
  readonly cpu: string;
  /** As the kernel tells it at that moment; null where it does not. */
  readonly mhz: number | null;
  readonly cores: number;
  /** Of them those that this process may use: with one, generator and appliance take turns on it. */
  readonly usable_cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly node: string;
  readonly vmm: Vmm;
  readonly load_average: number;
  /** Of processor, cores, memory and kernel: figures of different hosts are not compared. */
  readonly host_fingerprint: string;
}

export function conditions(vmm: Vmm): Conditions {
  const cpu = os.cpus()[0];
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const host = { cpu: cpu?.model ?? 'unknown', cores: os.cpus().length, memory_gib: memory, kernel: os.release() };
  return {
    date: new Date().toISOString(),
    wirelet: (JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { version: string }).version,
    commit: commit(),
    mhz: cpu === undefined || cpu.speed === 0 ? kernelMhz() : cpu.speed,
    ...host,
    usable_cores: os.availableParallelism(),
    node: process.version,
    vmm,
    load_average: Number(os.loadavg()[0]!.toFixed(2)),
    host_fingerprint: createHash('sha256').update(JSON.stringify(host)).digest('hex').slice(0, 16),
  };
}

/** The conditions in one line. */
export const conditionsText = ({ cpu, mhz, cores, usable_cores, memory_gib, kernel, vmm, load_average, host_fingerprint, wirelet, commit: of }: Conditions): string =>
  `${cpu}${mhz === null ? '' : ` at ${mhz} MHz`}, ${cores} cores${usable_cores === 1 ? ', ONE OF THEM USABLE: figures are of the generator and the appliance together' : ''}, ${memory_gib} GiB, Linux ${kernel}, load ${load_average}, host ${host_fingerprint}, --vmm ${vmm}, Wirelet ${wirelet}${of === null ? '' : ` (${of.slice(0, 12)}${of.endsWith('+') ? '+' : ''})`}`;

/** Where nobody scales the clock (in VMs), Node knows no speed but the kernel does. */
function kernelMhz(): number | null {
  try {
    const [, mhz] = /^cpu MHz\s*: ([\d.]+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return mhz === undefined || !(Number(mhz) > 0) ? null : Math.round(Number(mhz));
  } catch {
    return null;
  }
}

function commit(): string | null {
  const git = (...words: string[]) => spawnSync('git', ['-C', packageRoot, ...words], { encoding: 'utf8', timeout: 5000 });
  const head = git('rev-parse', 'HEAD');
  if (head.status !== 0) return null;
  return head.stdout.trim() + (git('status', '--porcelain', '--untracked-files=no').stdout.trim() === '' ? '' : '+');
}
