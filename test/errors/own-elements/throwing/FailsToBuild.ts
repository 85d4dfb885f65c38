import { defineElement } from 'wirelet';

export default defineElement({
  name: 'FailsToBuild',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  build: () => ({ first: Number(BigInt('many')) }),
  process: (packet, { outputs }) => outputs.out,
});
