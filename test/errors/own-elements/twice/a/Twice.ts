import { defineElement } from 'wirelet';

export default defineElement({
  name: 'Twice',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  process: (packet, { outputs }) => outputs.out,
});
