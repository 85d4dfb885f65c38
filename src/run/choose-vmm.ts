/** Which way to run, when the user leaves it open; and whether the one asked for can do it. */
import { failure } from '../diagnostics.js';
import { probeKvm } from './machine.js';
import type { Vmm } from './outcome.js';
import type { Subject } from './subject.js';

export const VMMS: readonly Vmm[] = ['kvm', 'qemu', 'process', 'native', 'node'];

/** Machine types of QEMU: the least there is, or PCs with firmware and PCI. */
export const MACHINES = ['microvm', 'q35', 'pc'] as const;
export type MachineType = (typeof MACHINES)[number];

export interface Choice {
  readonly vmm: Vmm;
  /** Why, for people. */
  readonly reason: string;
  /** What executes the guest's instructions in QEMU. */
  readonly accelerator?: 'kvm' | 'tcg';
  readonly machine?: MachineType;
}

/** `machine` is for QEMU, which is what runs if only that is said. */
export function chooseVmm(asked: Vmm | undefined, subject: Subject, machine?: MachineType): Choice {
  if (machine !== undefined && asked !== undefined && asked !== 'qemu') {
    throw failure('WL4105', `--machine ${machine} is one of QEMU's, and --vmm ${asked} has none`, 'Write --vmm qemu, or leave --machine out.');
  }
  if (machine !== undefined) asked = 'qemu';
  const native = subject.kind === 'image' && subject.manifest.target === 'native';
  if (asked === undefined) {
    if (native) return { vmm: 'native', reason: 'the image was built for it (--target native)' };
    const kvm = probeKvm();
    if (kvm.usable) return { vmm: 'kvm', reason: `/dev/kvm opens (${kvm.flavour})` };
    return { vmm: 'process', reason: `no KVM: ${kvm.problem}` };
  }
  if (asked === 'node' && subject.kind === 'image') {
    throw failure('WL4102', `--vmm node runs the TypeScript itself, which an image no longer has`, 'Give the graph file instead of the image.');
  }
  if (native && asked !== 'native') {
    throw failure('WL4103', `${subject.file} was built for --vmm native and cannot run as --vmm ${asked}`, 'Build it for a VM: wirelet build GRAPH -o IMAGE');
  }
  if (!native && asked === 'native' && subject.kind === 'image') {
    throw failure('WL4103', `${subject.file} was built for a VM and cannot run as --vmm native`, 'Build it with --target native, or give the graph file.');
  }
  if (asked === 'qemu') {
    return { vmm: 'qemu', ...chooseAccelerator(machine ?? 'microvm') };
  }
  return { vmm: asked, reason: `--vmm ${asked}` };
}

/** KVM, if there is one that runs firmware at the processor's speed, where the machine has any. */
function chooseAccelerator(machine: MachineType): Pick<Choice, 'reason' | 'accelerator' | 'machine'> {
  const kvm = probeKvm();
  const slow = machine !== 'microvm' && kvm.flavour === 'kvm_pvm';
  const problem = slow ? `${kvm.flavour} interprets firmware` : kvm.problem;
  const told = machine === 'microvm' ? '--vmm qemu' : `QEMU's ${machine}`;
  return kvm.usable && !slow
    ? { reason: `${told}, with KVM (${kvm.flavour})`, accelerator: 'kvm', machine }
    : { reason: `${told}, emulated (TCG): ${problem}`, accelerator: 'tcg', machine };
}
