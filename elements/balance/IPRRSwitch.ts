/**
 * Sends flows of IPv4 packets to its outputs in turn: all packets of a flow, told apart by addresses, protocol and ports, leave by the output that its first
 * one left by.
 */
import { below, defineElement, drop, example, integer, ipv4, many, push, register, table, TIME_RANGE, udp } from 'wirelet';
import { portsOf } from './servers.js';

const from = (source_port: number) => ipv4.make({ protocol: 17 }, udp.make({ source_port, destination_port: 80 }));

export default defineElement({
  name: 'IPRRSwitch',
  config: { capacity: integer({ default: 65_536, min: 1, max: 2 ** 21, keyword: true, doc: 'Flows remembered at once.' }) },
  ports: { inputs: { in: push('IPv4 packets with marked headers.') }, outputs: push(many('Every so manyth flow.', { min: 1 })) },
  drops: { table_full: 'No room for another flow.' },
  state: ({ config, outputs }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { output: below(outputs.length), seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    next: register(below(outputs.length)),
  }),
  process(packet, { state, outputs, clock }) {
    const header = ipv4.at(packet);
    const { flows } = state;
    const source = header.source;
    const destination = header.destination;
    const ports = portsOf(packet);
    const protocol = header.protocol;
    const known = flows.find(source, destination, ports, protocol);
    const slot = known >= 0 ? known : flows.insert(source, destination, ports, protocol);
    if (slot < 0) return drop('table_full');
    flows.seen_us[slot] = clock.microseconds;
    if (known < 0) {
      flows.output[slot] = state.next;
      const following = state.next + 1;
      state.next = following < outputs.length ? following : 0;
    }
    return outputs[flows.output[slot]];
  },
  handlers: { length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [example('goes round its outputs, flow by flow', [from(1), from(2), from(1), from(3)], { 0: [from(1), from(1), from(3)], 1: from(2) }, { outputs: 2 })],
});
