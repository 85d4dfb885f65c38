/**
 * Sends a copy of each packet to each output; the last one gets the packet itself.
 *
 * Copies take packet buffers of their own. When none is free, the copy is dropped and counted as `no_buffer`.
 */
import { defineElement, ethernet, example, integer, many, push } from 'wirelet';

export default defineElement({
  name: 'Tee',
  config: { n: integer({ required: false, doc: 'Outputs there must be; without it, as many as are connected.' }) },
  ports: {
    inputs: { in: push('Packets.') },
    outputs: push(many('A copy of each packet.', { min: 1 })),
  },
  build({ config, outputs, fail }) {
    if (config.n !== undefined && config.n !== outputs.length) fail(`${config.n} outputs are asked for, ${outputs.length} are connected`, undefined, `${outputs.length} outputs implies ${outputs.length} arms`);
    return undefined;
  },
  process(packet, { outputs, emitCopy }) {
    for (let port = 0; port < outputs.length - 1; port += 1) emitCopy(outputs[port], packet);
    return outputs[outputs.length - 1];
  },
  examples: [
    example('copies to all outputs', ethernet.make({}), { 0: ethernet.make({}), 1: ethernet.make({}), 2: ethernet.make({}) }, { outputs: 3 }),
    example('passes on when there is one output', ethernet.make({}), { 0: ethernet.make({}) }, { outputs: 1 }),
  ],
});
