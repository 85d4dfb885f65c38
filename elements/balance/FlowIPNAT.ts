/**
 * Gives packets of TCP and UDP the source address SIP and a port of its own for each flow; a FlowIPNATReverse brings the answers back. Other packets, and
 * fragments but the first, are dropped.
 *
 * Ports are given in turn from 1024 on. A flow is forgotten when nothing was heard of it for TIMEOUT, or when there is no room for newer ones.
 */
import { bool, checksummed, defineElement, drop, example, ipv4, ipv4Address, table, TIME_RANGE, udp } from 'wirelet';
import { awaitAnswer, choosePort, givenPortArguments, givenPortState, hasPorts } from './given-ports.js';
import { portsOf, sendFrom, setSourcePort } from './servers.js';

const there = (source: number, source_port: number) => checksummed(ipv4.make({ protocol: 17, source, destination: 0x0900_0001 }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));

export default defineElement({
  name: 'FlowIPNAT',
  config: {
    sip: ipv4Address({ doc: 'The address that packets get.' }),
    accept_nonsyn: bool({ default: true, keyword: true, doc: 'Accepted for compatibility: a flow may begin with any packet.' }),
    state: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: flows end by TIMEOUT.' }),
    ...givenPortArguments,
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets from SIP.' } },
  drops: { untranslated: 'It is not TCP or UDP, or a fragment but the first.', table_full: 'No room, or no port, for another flow.' },
  split: { never: 'each copy would give the same ports in turn' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { port: 'u16', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    ...givenPortState(config.capacity),
  }),
  process(packet, { config, state, outputs, clock }) {
    const header = ipv4.at(packet);
    const protocol = header.protocol;
    const { flows } = state;
    const now = clock.microseconds;
    if (!hasPorts(packet)) return drop('untranslated');
    const source = header.source;
    const destination = header.destination;
    const ports = portsOf(packet);
    let slot = flows.find(source, destination, ports, protocol);
    if (slot >= 0 && now - flows.seen_us[slot] > config.timeout) {
      flows.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      const chosen = choosePort(state, destination, ports & 0xffff, protocol, now, config.timeout);
      if (chosen < 0) return drop('table_full');
      slot = flows.insert(source, destination, ports, protocol);
      if (slot < 0) return drop('table_full');
      flows.port[slot] = chosen & 0xffff;
    }
    const port = flows.port[slot]!;
    if (!awaitAnswer(state, destination, ports & 0xffff, protocol, port, source, ports >>> 16, destination, now)) return drop('table_full');
    flows.seen_us[slot] = now;
    sendFrom(packet, config.sip);
    setSourcePort(packet, port);
    return outputs.out;
  },
  handlers: { length: { doc: 'Flows remembered now.', read: ({ state }) => String(state.flows.length) } },
  examples: [
    example('gives each flow a port', [there(0x0a00_0001, 7), there(0x0a00_0002, 7), there(0x0a00_0001, 7)], { out: [there(0x0100_0001, 1024), there(0x0100_0001, 1025), there(0x0100_0001, 1024)] }, { config: '1.0.0.1' }),
    example('drops what has no ports', ipv4.make({ protocol: 1 }, new Uint8Array(8)), { drop: 'untranslated' }, { config: '1.0.0.1' }),
  ],
});
