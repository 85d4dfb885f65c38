import { defineElement } from 'wirelet';

export default defineElement({
  name: 'OtherName',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  process: (packet, { outputs }) => outputs.out,
});
