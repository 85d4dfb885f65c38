/** Which way to run, when the user leaves it open; and whether the one asked for can do it. */
import { failure } from '../diagnostics.js';
import { probeKvm } from './machine.js';
import type { Vmm } from './outcome.js';
import type { Subject } from './subject.js';

export const VMMS: readonly Vmm[] = ['kvm', 'qemu', 'process', 'native', 'node'];

export interface Choice {
  readonly vmm: Vmm;
  /** Why, for people. */
  readonly reason: string;
  /** What executes the guest's instructions in QEMU. */
  readonly accelerator?: 'kvm' | 'tcg';
}

export function chooseVmm(asked: Vmm | undefined, subject: Subject): Choice {
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
    const kvm = probeKvm();
    return kvm.usable
      ? { vmm: 'qemu', reason: `--vmm qemu, with KVM (${kvm.flavour})`, accelerator: 'kvm' }
      : { vmm: 'qemu', reason: `--vmm qemu, emulated (TCG): ${kvm.problem}`, accelerator: 'tcg' };
  }
  return { vmm: asked, reason: `--vmm ${asked}` };
}
