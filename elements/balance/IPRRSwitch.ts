/**
 * Sends flows of IPv4 packets to its outputs in turn, the first one to the second output: all packets of a flow, told apart by addresses and ports, leave by
 * the output that its first one left by.
 */
import { below, defineElement, drop, example, integer, ipv4, many, push, register, table, TIME_RANGE, udp } from 'wirelet';
import { portsOf } from './servers.js';

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'IPRRSwitch',
  config: {
    max: integer({ required: false, min: 1, max: 1024, keyword: true, doc: 'How many of the outputs are used, the first ones; default: all.' }),
    capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: push('IPv4 packets with marked headers.') }, outputs: push(many('Every so manyth flow.', { min: 1 })) },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config, outputs }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32' }, fields: { output: below(outputs.length), seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    next: register(below(outputs.length)),
  }),
  build({ config, outputs, fail }) {
    if (config.max !== undefined && config.max > outputs.length) fail(`MAX is ${config.max}, ${outputs.length} outputs are connected`);
    return { used: config.max ?? outputs.length };
  },
  process(packet, { built, state, outputs, clock }) {
    const header = ipv4.at(packet);
    const { flows } = state;
    const source = header.source;
    const destination = header.destination;
    const ports = portsOf(packet);
    const known = flows.find(source, destination, ports);
    const slot = known >= 0 ? known : flows.insert(source, destination, ports);
    if (slot < 0) return drop('table_full');
    flows.seen_us[slot] = clock.microseconds;
    if (known < 0) {
      const following = state.next + 1;
      state.next = following < built.used && following < outputs.length ? following : 0;
      flows.output[slot] = state.next;
    }
    return outputs[flows.output[slot]];
  },
  handlers: { flow_count: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [example('goes round its outputs, flow by flow', [from(1), from(2), from(1), from(3)], { 0: from(2), 1: [from(1), from(1), from(3)] }, { outputs: 2 })],
});
