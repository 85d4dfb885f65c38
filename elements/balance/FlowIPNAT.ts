/**
 * Gives packets of TCP and UDP the source address SIP and a port of its own for each flow; a FlowIPNATReverse brings the answers back. Other packets, and
 * fragments but the first, are dropped.
 *
 * Ports are given in turn from 1024 on. A flow is forgotten when nothing was heard of it for TIMEOUT, or when there is no room for newer ones.
 */
import { checksummed, defineElement, drop, duration, example, integer, IP_PROTOCOL, ipv4, ipv4Address, register, table, TIME_RANGE, udp } from 'wirelet';
import { portsOf, sendFrom, setSourcePort } from './servers.js';

/** Ports below are for services (RFC 6335, 6). */
const PORT_MIN = 1024;
const PORT_MAX = 65_535;
/** Ports that are tried for a new flow, at most. */
const TRIES = 64;
const there = (source: number, source_port: number) => checksummed(ipv4.make({ protocol: 17, source, destination: 0x0900_0001 }, udp.make({ source_port, destination_port: 80 }, Uint8Array.from([1, 2]))));

export default defineElement({
  name: 'FlowIPNAT',
  config: {
    sip: ipv4Address({ doc: 'The address that packets get.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Time after which a flow without packets gives its port up.' }),
    capacity: integer({ default: 16_384, min: 1, max: 2 ** 20, keyword: true, doc: 'Flows remembered at once.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets from SIP.' } },
  drops: { untranslated: 'It is not TCP or UDP, or a fragment but the first.', table_full: 'No room, or no port, for another flow.' },
  state: ({ config }) => ({
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { port: 'u16', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    /** By the other side's address and port, and the port given. */
    answers: table({ key: { remote: 'u32', ports: 'u32', protocol: 'u8' }, fields: { host: 'u32', host_port: 'u16', seen_us: TIME_RANGE }, capacity: config.capacity, evict: 'seen_us' }),
    next: register({ low: PORT_MIN, high: PORT_MAX }, PORT_MIN),
  }),
  process(packet, { config, state, outputs, clock }) {
    const header = ipv4.at(packet);
    const protocol = header.protocol;
    const { flows, answers } = state;
    const now = clock.microseconds;
    if ((protocol !== IP_PROTOCOL.tcp && protocol !== IP_PROTOCOL.udp) || header.fragment_offset !== 0 || packet.transportLength < 8) return drop('untranslated');
    const source = header.source;
    const destination = header.destination;
    const ports = portsOf(packet);
    const remotePort = ports & 0xffff;
    let slot = flows.find(source, destination, ports, protocol);
    if (slot >= 0 && now - flows.seen_us[slot] > config.timeout) {
      flows.remove(slot);
      slot = -1;
    }
    let port = -1;
    if (slot >= 0) {
      port = flows.port[slot];
    } else {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const candidate = state.next;
        state.next = candidate < PORT_MAX ? candidate + 1 : PORT_MIN;
        const other = answers.find(destination, remotePort * 65_536 + candidate, protocol);
        if (other < 0 || now - answers.seen_us[other] > config.timeout) {
          port = candidate;
          break;
        }
      }
      if (port < 0) return drop('table_full');
      slot = flows.insert(source, destination, ports, protocol);
      if (slot < 0) return drop('table_full');
      flows.port[slot] = port & 0xffff;
    }
    const back = answers.insert(destination, remotePort * 65_536 + port, protocol);
    if (back < 0) return drop('table_full');
    answers.host[back] = source;
    answers.host_port[back] = ports >>> 16;
    flows.seen_us[slot] = now;
    answers.seen_us[back] = now;
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
