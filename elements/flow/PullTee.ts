/**
 * Passes on packets that are pulled through it, and pushes a copy of each to every other output.
 *
 * Copies take packet buffers of their own. When none is free, the copy is dropped and counted as `no_buffer`.
 */
import { defineElement, ethernet, example, integer, many, pull } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'PullTee',
  config: { n: integer({ required: false, doc: 'Outputs there must be; without it, as many as are connected.' }) },
  // The first output follows the input, which is pulled; the others push.
  ports: { inputs: { in: pull('Packets.') }, outputs: many('The packet at the first output, copies at the others.', { min: 1 }) },
  build({ config, outputs, fail }) {
    if (config.n !== undefined && config.n !== outputs.length) fail(`${config.n} outputs are asked for, ${outputs.length} are connected`, undefined, `${outputs.length} outputs implies ${outputs.length} arms`);
    return undefined;
  },
  process(packet, { outputs, emitCopy }) {
    for (let port = 1; port < outputs.length; port += 1) emitCopy(outputs[port], packet);
    return outputs[0];
  },
  examples: [
    example('pushes copies of what is pulled', frame, { 0: frame, 1: frame, 2: frame }, { outputs: 3, after: 'PullNull' }),
    example('passes on when there is one output', frame, { 0: frame }, { config: '1', outputs: 1 }),
  ],
});
