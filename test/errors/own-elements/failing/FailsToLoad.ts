import { defineElement } from 'wirelet';

const limits: number[] = JSON.parse('[1, 2');

export default defineElement({
  name: 'FailsToLoad',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets.' } },
  process: (packet, { outputs }) => (packet.length > limits[0]! ? outputs.out : outputs.out),
});
