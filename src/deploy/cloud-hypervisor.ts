/** Cloud Hypervisor: a script for each machine. */
import { attachBySockets, script, serialOf, TAP, type Target } from './deployment.js';

export const target: Target = {
  title: 'Cloud Hypervisor',
  network: TAP,
  needs: 'Cloud Hypervisor 36 or newer; it makes a tap that is not there, if it has CAP_NET_ADMIN',
  files: ({ image, memoryMib, machines }) => machines.map((machine) => ({
    name: `${machine.name}.sh`,
    executable: true,
    text: script(`Runs ${machine.name} in Cloud Hypervisor. Options of yours go to it; SERIAL=tty before it shows what its serial port says.`, [
      ['cloud-hypervisor', '--kernel', image, '--cpus', 'boot=1', '--memory', `size=${memoryMib}M`],
      ['--console', 'off', '--serial', '"$serial"'],
      ...(machine.cards.length === 0 ? [] : [['--net', ...machine.cards.map(({ mac, network }) => `tap=${network},mac=${mac}`)]]),
    ], [`rm -f ${serialOf(machine)}`, `serial="\${SERIAL:-socket=${serialOf(machine)}}"`]),
  })),
  start: ({ machines }) => machines.map(({ name }) => `./${name}.sh`),
  stop: () => ['Ctrl-C'],
  control: attachBySockets,
};
