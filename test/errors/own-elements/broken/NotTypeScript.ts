import { defineElement } from 'wirelet';

export default defineElement({
  name: 'NotTypeScript',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  process(packet, { outputs }) {
    return outputs.out
});
