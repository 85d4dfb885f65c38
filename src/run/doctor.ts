/** What this machine has, what falls back to what, and the command that fixes each gap. */
import path from 'node:path';
import { buildCommand, builtFile } from '../native-files.js';
import { packageRoot } from '../package-root.js';
import { probeHugepages, probeKvm, probeTap, versionOf } from './machine.js';

export interface Finding {
  readonly name: string;
  /** `ok`; `fallback`: something else does it; `missing`: something does not work. */
  readonly state: 'ok' | 'fallback' | 'missing';
  readonly found: string;
  /** What happens without it. */
  readonly without?: string;
  /** The exact command or action that mends it. */
  readonly fix?: string;
}

/** Node's major version that package.json's `engines` asks for. */
const NODE_MAJOR_MIN = 20;

export async function diagnose(): Promise<Finding[]> {
  const [clang, gcc, gxx, cmake, make, objdump, qemu] = await Promise.all([
    versionOf('clang'), versionOf('gcc'), versionOf('g++'), versionOf('cmake'), versionOf('make'), versionOf('objdump'), versionOf('qemu-system-x86_64'),
  ]);
  const tool = (name: string, version: string | undefined, packageName: string, without: string): Finding =>
    version === undefined ? { name, state: 'missing', found: 'not found', without, fix: `apt-get install ${packageName}` } : { name, state: 'ok', found: version };
  return [
    node(),
    compiler(clang, gcc),
    tool('C++ compiler', gxx, 'g++', 'the VMM and the addon cannot be built; --vmm node still runs'),
    tool('cmake', cmake, 'cmake', 'the VMM and the addon cannot be built; --vmm node still runs'),
    tool('make', make, 'make', 'the VMM and the addon cannot be built; --vmm node still runs'),
    { ...tool('objdump', objdump, 'binutils', 'a panic names an address, not the line of TypeScript'), ...(objdump === undefined ? { state: 'fallback' as const } : {}) },
    native('wirelet-tender', 'VMM'),
    native('wirelet.node', 'addon'),
    kvm(),
    tap(),
    hugepages(),
    { ...tool('QEMU', qemu, 'qemu-system-x86', '--vmm qemu cannot be used; nothing else needs it'), ...(qemu === undefined ? { state: 'fallback' as const } : {}) },
  ];
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return { name: 'Node', state: 'ok', found: process.version };
  return { name: 'Node', state: 'missing', found: process.version, without: `Wirelet needs Node ${NODE_MAJOR_MIN}`, fix: 'install it from https://nodejs.org/en/download' };
}

function compiler(clang: string | undefined, gcc: string | undefined): Finding {
  const name = 'C compiler';
  if (clang !== undefined) return { name, state: 'ok', found: clang };
  if (gcc !== undefined) {
    return { name, state: 'fallback', found: gcc, without: 'gcc compiles appliances; clang makes some of them faster', fix: 'apt-get install clang' };
  }
  return { name, state: 'missing', found: 'neither clang nor gcc', without: 'no image can be built; --vmm node still runs', fix: 'apt-get install gcc' };
}

function native(file: string, what: string): Finding {
  const there = builtFile(file);
  if (there !== undefined) return { name: what, state: 'ok', found: path.relative(packageRoot, there) };
  return { name: what, state: 'missing', found: `${file} is not built`, without: '--vmm node still runs', fix: buildCommand() };
}

function kvm(): Finding {
  const { usable, flavour, problem, fix } = probeKvm();
  if (usable) return { name: 'KVM', state: 'ok', found: `/dev/kvm opens; flavour ${flavour}` };
  return { name: 'KVM', state: 'fallback', found: problem!, without: 'appliances run as --vmm process: the same image, confined by seccomp instead of a VM', ...(fix === undefined ? {} : { fix }) };
}

function tap(): Finding {
  const { usable, problem, fix } = probeTap();
  if (usable && problem === undefined) return { name: 'tap', state: 'ok', found: '/dev/net/tun, with the right to make devices' };
  const found = problem ?? '';
  const gap = fix === undefined ? {} : { fix };
  if (usable) return { name: 'tap', state: 'fallback', found, without: 'taps must be made beforehand by root', ...gap };
  return { name: 'tap', state: 'missing', found, without: 'ports of kind tap cannot be used; pcap, gen and null can', ...gap };
}

function hugepages(): Finding {
  const { free, transparent } = probeHugepages();
  const found = `${free} free of 2 MiB; transparent: ${transparent}`;
  if (free > 0 || transparent === 'always' || transparent === 'madvise') return { name: 'hugepages', state: 'ok', found };
  return { name: 'hugepages', state: 'fallback', found, without: 'large appliances use 4 KiB pages: slower by some per cent', fix: 'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)' };
}
