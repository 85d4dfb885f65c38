/** Engines that an appliance can be deployed to, and the files of a deployment. */
import { target as cloudHypervisor } from './cloud-hypervisor.js';
import { target as firecracker } from './firecracker.js';
import { target as kubevirt } from './kubevirt.js';
import { target as libvirt } from './libvirt.js';
import { target as qemu } from './qemu.js';
import type { Deployment, DeployedFile, Target } from './deployment.js';

export const TARGETS: Readonly<Record<string, Target>> = { qemu, libvirt, kubevirt, firecracker, 'cloud-hypervisor': cloudHypervisor };

/** All files beside the image; README.txt says what to do with them. */
export function deployedFiles(target: Target, deployment: Deployment): DeployedFile[] {
  return [...target.files(deployment), { name: 'README.txt', text: readme(target, deployment) }];
}

function readme(target: Target, deployment: Deployment): string {
  const { name, image, memoryMib, machines } = deployment;
  const cards = machines.flatMap((machine) => machine.cards.map(({ interface: port, mac, network }) => `  ${machine.name}  ${port}: ${target.network.name} ${network}, address ${mac}`));
  return [
    `${name} for ${target.title}`, '',
    `${image} is the appliance, an ELF file that boots by its PVH note. It takes one processor and ${memoryMib} MiB of memory.`, '',
    `Needed: ${target.needs}.`, '',
    ...(cards.length === 0 ? [] : ['Cards:', ...cards, '']),
    ...(machines.length === 1 ? [] : ['All machines run the same image: where its graph has addresses, give each a network of its own.', '']),
    'Start:', ...target.start(deployment).map((line) => `  ${line}`), '',
    'End:', ...target.stop(deployment).map((line) => `  ${line}`), '',
    'Control (handlers, metrics, log; needs Wirelet):', ...target.control(deployment).map((line) => `  ${line}`), '',
    'What keeps it from starting it says at its serial port. Whoever can write there controls the appliance.', '',
  ].join('\n');
}
