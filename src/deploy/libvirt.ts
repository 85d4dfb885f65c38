/** libvirt: a domain for each machine. */
import path from 'node:path';
import { escapeXml } from '../escape-xml.js';
import { BRIDGE, serialOf, type Machine, type Target } from './deployment.js';

export const target: Target = {
  title: 'libvirt',
  network: BRIDGE,
  needs: 'libvirt with QEMU (Debian: libvirt-daemon-system), and a bridge for each interface, such as: ip link add BRIDGE type bridge; ip link set BRIDGE up. Where there is no KVM, write type="qemu" for type="kvm"',
  files: ({ folder, image, memoryMib, machines }) => machines.map((machine) => ({ name: `${machine.name}.xml`, text: domain(machine, path.join(folder, image), path.join(folder, serialOf(machine)), memoryMib) })),
  start: ({ machines }) => machines.map(({ name }) => `virsh create ${name}.xml`),
  stop: ({ machines }) => machines.map(({ name }) => `virsh destroy ${name}`),
  control: ({ folder, image, machines }) => machines.map((machine) => `wirelet attach ${image} --serial unix:${path.join(folder, serialOf(machine))} --name ${machine.name}`),
};

function domain({ name, cards }: Machine, image: string, serial: string, memoryMib: number): string {
  return [
    '<domain type="kvm">',
    `  <name>${escapeXml(name)}</name>`,
    `  <memory unit="MiB">${memoryMib}</memory>`,
    '  <vcpu>1</vcpu>',
    '  <os>',
    '    <type arch="x86_64" machine="q35">hvm</type>',
    `    <kernel>${escapeXml(image)}</kernel>`,
    '  </os>',
    '  <features><acpi/><apic/></features>',
    '  <on_poweroff>destroy</on_poweroff>',
    '  <on_reboot>destroy</on_reboot>',
    '  <on_crash>destroy</on_crash>',
    '  <devices>',
    '    <controller type="usb" model="none"/>',
    ...cards.flatMap(({ mac, network }) => [
      '    <interface type="bridge">',
      `      <mac address="${mac}"/>`,
      `      <source bridge="${escapeXml(network)}"/>`,
      '      <model type="virtio"/>',
      '      <rom enabled="no"/>',
      '    </interface>',
    ]),
    `    <serial type="unix"><source mode="bind" path="${escapeXml(serial)}"/></serial>`,
    '    <memballoon model="none"/>',
    '  </devices>',
    '</domain>',
    '',
  ].join('\n');
}
