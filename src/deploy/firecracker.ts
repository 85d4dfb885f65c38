/** Firecracker: a configuration for each machine. */
import { TAP, type Target } from './deployment.js';

export const target: Target = {
  title: 'Firecracker',
  network: TAP,
  needs: 'Firecracker 1.0 or newer, and a tap for each interface: ip tuntap add dev TAP mode tap; ip link set TAP up',
  files: ({ image, memoryMib, machines }) => machines.map(({ name, cards }) => ({
    name: `${name}.json`,
    text: `${JSON.stringify({
      'boot-source': { kernel_image_path: image, boot_args: '' },
      drives: [],
      'machine-config': { vcpu_count: 1, mem_size_mib: memoryMib },
      'network-interfaces': cards.map(({ interface: port, mac, network }) => ({ iface_id: port.replace(/\W/g, '_'), guest_mac: mac, host_dev_name: network })),
    }, null, 2)}\n`,
  })),
  start: ({ machines }) => machines.map(({ name }) => `firecracker --no-api --config-file ${name}.json`),
  stop: () => ['Ctrl-C'],
  control: ({ image, machines }) => [
    'Its serial port is what Firecracker reads and writes itself, and must be a terminal. With socat, instead of the lines above:',
    ...machines.flatMap(({ name }) => [
      `socat PTY,link=${name}.tty,raw,echo=0 EXEC:'firecracker --no-api --config-file ${name}.json',pty,raw,echo=0 &`,
      `sleep 1; sleep infinity <> ${name}.tty & # the terminal stays while nobody else has it`,
      `wirelet attach ${image} --serial "$PWD/${name}.tty" --name ${name}`,
    ]),
  ],
};
