/** Cloud Hypervisor: a script for each machine. */
import { script, TAP, type Target } from './deployment.js';

export const target: Target = {
  title: 'Cloud Hypervisor',
  network: TAP,
  needs: 'Cloud Hypervisor 20 or newer; it makes a tap that is not there, if it has CAP_NET_ADMIN',
  files: ({ image, memoryMib, machines }) => machines.map(({ name, cards }) => ({
    name: `${name}.sh`,
    executable: true,
    text: script(`Runs ${name} in Cloud Hypervisor. Options of yours go to it.`, [
      ['cloud-hypervisor', '--kernel', image, '--cpus', 'boot=1', '--memory', `size=${memoryMib}M`],
      ['--console', 'off', '--serial', 'tty'],
      ...(cards.length === 0 ? [] : [['--net', ...cards.map(({ mac, network }) => `tap=${network},mac=${mac}`)]]),
    ]),
  })),
  start: ({ machines }) => machines.map(({ name }) => `./${name}.sh`),
  stop: () => ['Ctrl-C'],
};
