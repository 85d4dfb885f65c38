/**
 * Makes TCP packets right whatever they are: a data offset that cannot be becomes a random one, FLAGS and DPORT are set if given, and the
 * checksum is computed anew. With RANDOM_DPORT and no DPORT, three of eight packets go to port 80 or to one below 1024. Good for packets of
 * random bytes.
 */
import { bool, checksummed, defineElement, drop, example, integer, ipv4, register, tcp, transportPort, u32 } from 'wirelet';
import { forcedChecksum, saidLength, tellBadLengths } from './forced.js';

const INT = { min: -0x8000_0000, max: 0x7fff_ffff } as const;
const HTTP = 80;
const SYSTEM_PORTS = 1024;

const data = Uint8Array.from([1, 2, 3]);
const packet = (values: Parameters<typeof tcp.make>[0], outer: Parameters<typeof ipv4.make>[0] = {}) => ipv4.make({ protocol: 6, ...outer }, tcp.make({ source_port: 5000, destination_port: 90, ...values }, data));

export default defineElement({
  name: 'ForceTCP',
  config: {
    dport: transportPort('tcp', { default: 0, doc: 'The destination port; 0: as it is.' }),
    random_dport: bool({ default: false, doc: 'Whether some packets are given another port.' }),
    flags: integer({ ...INT, default: -1, doc: 'The flags, as a number; -1: as they are.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets as TCP packets.' } },
  drops: { bad_length: 'The header is none, or the packet is shorter than it says, or than a TCP header.' },
  state: { count: register('u32') },
  build: ({ chatter }) => ({ chatter: chatter === '' ? '' : 'ForceTCP: bad lengths' }),
  process(packet, { config, built, state, random, log, outputs }) {
    const total = saidLength(packet, tcp.size, true);
    if (total === 0) {
      tellBadLengths(log, built.chatter);
      return drop('bad_length');
    }
    const start = Math.max(0, packet.networkHeaderOffset);
    const outer = ipv4.at(packet).header_length * 4;
    const length = Math.max(0, total - outer);
    const header = tcp.atOffset(packet, start + outer);
    const said = header.data_offset * 4;
    if (said < tcp.size || said > length) {
      const offset = length > tcp.size ? random.below(length - tcp.size) : length;
      header.data_offset = (offset >>> 2) & 15;
    }
    if (config.flags !== -1) header.flags = config.flags & 255;
    if (config.dport > 0) header.destination_port = config.dport;
    else if (config.random_dport) {
      if ((state.count & 7) < 2) header.destination_port = HTTP;
      else if ((state.count & 7) === 3) header.destination_port = random.u32() % SYSTEM_PORTS;
    }
    state.count = u32(state.count + 1);
    header.checksum = 0;
    header.checksum = forcedChecksum(packet, start, total, length);
    return outputs.out;
  },
  examples: [
    example('sets the checksum', packet({ checksum: 9 }), { out: checksummed(packet({})) }),
    example('sets port and flags', packet({ flags: 2 }), { out: checksummed(packet({ flags: 16, destination_port: 99 })) }, { config: '99, FLAGS 16' }),
    example('takes all there is for the header where nothing follows', ipv4.make({ protocol: 6 }, tcp.make({ data_offset: 9 })), { out: checksummed(ipv4.make({ protocol: 6 }, tcp.make({}))) }),
    example('sends some elsewhere', [packet({}), packet({}), packet({})], { out: [checksummed(packet({ destination_port: 80 })), checksummed(packet({ destination_port: 80 })), checksummed(packet({}))] }, { config: 'RANDOM_DPORT true' }),
    example('drops what is too short', [ipv4.make({ protocol: 6 }, new Uint8Array(19)), packet({}, { total_length: 44 }), packet({}, { header_length: 4 }), packet({}).bytes], { drop: ['bad_length', 'bad_length', 'bad_length', 'bad_length'] }),
  ],
});
