/**
 * Gives flows its outputs in turn: a flow's packets all leave by the output that its first one was given. A flow is forgotten when there is no room for
 * newer ones, the oldest first.
 */
import { defineElement, drop, example, integer, ipv4, many, push, udp } from 'wirelet';
import { flowState } from './balance.js';
import { serverOfFlow } from './flow-server.js';

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'FlowRoundRobinSwitch',
  config: { capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }) },
  ports: { inputs: { in: push('IPv4 packets with marked headers.') }, outputs: push(many('Packets of the flows that were given this output.', { min: 1, max: 256 })) },
  counters: { flows_begun: 'Flows that were given an output.' },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config, outputs }) => flowState(outputs.length, config.capacity),
  build: ({ outputs: { length } }) => ({ balance: { count: length, active: length, mode: 'rr', metric: 'conn', tracks: false, ring: [0] } as const }),
  process(packet, context) {
    const { outputs } = context;
    const output = serverOfFlow(packet, context);
    if (output < 0 || output >= outputs.length) return drop('table_full');
    return outputs[output]!;
  },
  examples: [
    example('gives flows outputs in turn, and keeps them', [from(1), from(2), from(1), from(3), from(2)], { 0: [from(1), from(1), from(3)], 1: [from(2), from(2)] }, { outputs: 2, counters: { flows_begun: 3 } }),
    example('drops what has no marked header', from(1).bytes, { drop: 'no_network_header' }, { outputs: 2 }),
  ],
});
