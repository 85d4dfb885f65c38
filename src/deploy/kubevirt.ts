/** KubeVirt: the image in a container image, and machines with networks of Multus. Kubernetes reads YAML 1.1, where some addresses are numbers unless quoted. */
import { stringify } from 'yaml';
import type { Deployment, Target } from './deployment.js';

/** Of the user `qemu` in KubeVirt's launcher, who reads it. */
const OWNER = '107:107';
const CONTAINER = 'registry.example/';

export const target: Target = {
  title: 'KubeVirt',
  // A namespace and a name (RFC 1123).
  network: { name: 'NetworkAttachmentDefinition', lettersMax: 127, own: false },
  needs: 'KubeVirt 1.0 or newer with Multus, a NetworkAttachmentDefinition for each interface, and a registry: write its name for registry.example in the .yaml file and below',
  files: (deployment) => [
    { name: 'Dockerfile', text: `# The image of ${deployment.name}, where KubeVirt takes kernels from.\nFROM scratch\nCOPY --chown=${OWNER} ${deployment.image} /boot/${deployment.image}\n` },
    { name: `${deployment.name}.yaml`, text: deployment.machines.map((_, number) => `---\n${stringify(virtualMachine(deployment, number), { version: '1.1' })}`).join('') },
  ],
  start: ({ name }) => [`docker build -t ${CONTAINER}${name}:1 . && docker push ${CONTAINER}${name}:1`, `kubectl apply -f ${name}.yaml`],
  stop: ({ name }) => [`kubectl delete -f ${name}.yaml`],
  control: ({ image }) => [
    'The serial port is the socket /var/run/kubevirt-private/UID/virt-serial0 in the virt-launcher pod (UID is of the VirtualMachineInstance), and virtctl console has',
    'it as long as it is open; virtctl console itself does not carry all bytes (it ends with 0x1d). Where that socket can be reached:',
    `wirelet attach ${image} --serial unix:SOCKET --name NAME`,
  ],
};

function virtualMachine({ name, image, memoryMib, machines }: Deployment, number: number): object {
  const { name: machine, cards } = machines[number]!;
  const label = (port: string) => port.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: machine, labels: { app: name } },
    spec: {
      runStrategy: 'Always',
      template: {
        metadata: { labels: { app: name } },
        spec: {
          domain: {
            cpu: { cores: 1 },
            memory: { guest: `${memoryMib}Mi` },
            machine: { type: 'q35' },
            firmware: { kernelBoot: { container: { image: `${CONTAINER}${name}:1`, kernelPath: `/boot/${image}` } } },
            devices: {
              autoattachGraphicsDevice: false,
              autoattachMemBalloon: false,
              autoattachPodInterface: false,
              interfaces: cards.map(({ interface: port, mac }) => ({ name: label(port), bridge: {}, model: 'virtio', macAddress: mac })),
            },
          },
          networks: cards.map(({ interface: port, network }) => ({ name: label(port), multus: { networkName: network } })),
          terminationGracePeriodSeconds: 0,
        },
      },
    },
  };
}
