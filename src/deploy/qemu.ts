/** QEMU by itself: a script for each machine. */
import { attachBySockets, script, serialOf, TAP, type Target } from './deployment.js';

export const target: Target = {
  title: 'QEMU',
  network: TAP,
  needs: 'QEMU 6 or newer (Debian: qemu-system-x86), and a tap for each interface: ip tuntap add dev TAP mode tap; ip link set TAP up',
  files: ({ image, memoryMib, machines }) => machines.map((machine) => ({
    name: `${machine.name}.sh`,
    executable: true,
    text: script(`Runs ${machine.name} in QEMU's microvm, by KVM where it can be used. Options of yours go to QEMU; SERIAL=stdio before it shows what its serial port says.`, [
      ['qemu-system-x86_64', '-name', machine.name],
      ['-machine', 'microvm,rtc=off,pit=off,pic=off,x-option-roms=off', '-accel', '$accelerator', '-cpu', '$processor', '-smp', '1', '-m', `${memoryMib}M`],
      ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', '"$serial"'],
      ['-global', 'virtio-mmio.force-legacy=false', '-kernel', image],
      ...machine.cards.map(({ mac, network }, index) => ['-netdev', `tap,id=net${index},ifname=${network},script=no,downscript=no`, '-device', `virtio-net-device,netdev=net${index},mac=${mac}`]),
    ], ['if [ -w /dev/kvm ]; then accelerator=kvm processor=kvm64; else accelerator=tcg processor=max; fi', `serial="\${SERIAL:-unix:${serialOf(machine)},server=on,wait=off}"`]),
  })),
  start: ({ machines }) => machines.map(({ name }) => `./${name}.sh`),
  stop: () => ['Ctrl-C'],
  control: attachBySockets,
};
