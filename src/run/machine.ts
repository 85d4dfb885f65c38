/** What this machine can do for a run, found by trying. */
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Kvm {
  readonly usable: boolean;
  /** `vmx`, `svm`, or the name of a software flavour such as `kvm_pvm`. */
  readonly flavour?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
  readonly fix?: string;
}

/** Tries to open /dev/kvm, as the tender will. */
export function probeKvm(device = '/dev/kvm'): Kvm {
  if (!existsSync(device)) {
    return { usable: false, problem: `${device} is not there`, fix: 'modprobe kvm_intel (or kvm_amd); in a VM, enable nested virtualisation on its host' };
  }
  try {
    closeSync(openSync(device, constants.O_RDWR));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = code === 'EACCES' ? 'sudo usermod -aG kvm $USER, then log in again' : `find out why open(${device}) answers ${code}`;
    return { usable: false, flavour: kvmFlavour(), problem: `${device} cannot be opened (${code})`, fix };
  }
  return { usable: true, flavour: kvmFlavour() };
}

function kvmFlavour(): string {
  for (const name of ['kvm_intel', 'kvm_amd', 'kvm_pvm']) if (existsSync(`/sys/module/${name}`)) return name;
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  if (/\bvmx\b/.test(flags)) return 'vmx';
  return /\bsvm\b/.test(flags) ? 'svm' : 'unknown';
}

/** Whether taps can be made: the device node and the right to use it. */
export function probeTap(): { usable: boolean; problem?: string; fix?: string } {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix = code === 'ENOENT' ? 'modprobe tun' : 'run as root, or let root make the tap for you: ip tuntap add dev tap0 mode tap user $USER';
    return { usable: false, problem: `/dev/net/tun cannot be used (${code})`, fix };
  }
  if (hasNetAdmin()) return { usable: true };
  return { usable: true, problem: 'no CAP_NET_ADMIN: only taps that root has made for you can be used', fix: 'ip tuntap add dev tap0 mode tap user $USER (as root)' };
}

const CAP_NET_ADMIN = 12n;

export function hasNetAdmin(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}

/** Version line of a program, or undefined when it does not run. */
export async function versionOf(command: string, ...options: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, options.length > 0 ? options : ['--version'], { timeout: 10_000 });
    return stdout.split('\n')[0]!.trim();
  } catch {
    return undefined;
  }
}

/** Hugepages of 2 MiB that are free, and whether transparent ones can be asked for. */
export function probeHugepages(): { free: number; transparent: string } {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch {
      return '';
    }
  };
  const free = Number(read('/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages') || 0);
  const transparent = /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled'))?.[1] ?? 'absent';
  return { free, transparent };
}
