/**
 * Makes UDP packets right whatever they are: sets the length that the IP header tells, the destination port, at random below 1024 unless DPORT is
 * given, and the checksum. Good for packets of random bytes.
 */
import { checksummed, defineElement, drop, example, ipv4, parsed, readPort, udp } from 'wirelet';
import { forcedChecksum, saidLength, tellBadLengths } from './forced.js';

const SYSTEM_PORTS = 1024;
const ANY = -1;

const data = Uint8Array.from([1, 2, 3]);
const packet = (values: Parameters<typeof udp.make>[0], outer: Parameters<typeof ipv4.make>[0] = {}) => ipv4.make({ protocol: 17, ...outer }, udp.make({ source_port: 5000, destination_port: 90, ...values }, data));

export default defineElement({
  name: 'ForceUDP',
  config: {
    dport: parsed<number>('port', { default: ANY, doc: 'The destination port; -1: one at random for each packet.' }, (text, scope) => {
      const value = text === '-1' ? ANY : readPort(text, scope, 'udp');
      return value === undefined ? { error: `expected a port from 0 to 65535, its name or -1, got "${text}"` } : { value };
    }, String),
  },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets as UDP packets.' } },
  drops: { bad_length: 'The header is none, or says that the packet is shorter than a UDP header.' },
  build: ({ chatter }) => ({ chatter: chatter === '' ? '' : 'ForceUDP: bad lengths' }),
  process(packet, { config, built, random, log, outputs }) {
    const total = saidLength(packet, udp.size, false);
    if (total === 0) {
      tellBadLengths(log, built.chatter);
      return drop('bad_length');
    }
    const start = Math.max(0, packet.networkHeaderOffset);
    const outer = ipv4.at(packet).header_length * 4;
    const length = Math.max(0, total - outer);
    const header = udp.atOffset(packet, start + outer);
    header.length = length;
    header.destination_port = config.dport >= 0 ? config.dport & 0xffff : random.u32() % SYSTEM_PORTS;
    header.checksum = 0;
    header.checksum = forcedChecksum(packet, start, total, length);
    return outputs.out;
  },
  examples: [
    example('sets port, length and checksum', packet({ checksum: 9, length: 5 }), { out: checksummed(packet({ destination_port: 99 })) }, { config: '99' }),
    example('goes by what the IP header says', packet({}, { total_length: 30 }), { out: { ...packet({}), bytes: Uint8Array.from([...checksummed(packet({ destination_port: 99, length: 10 }, { total_length: 30 })).bytes.subarray(0, 31)]) } }, { config: '99' }),
    example('drops what is too short', [ipv4.make({}, new Uint8Array(7)), packet({}, { header_length: 4 }), packet({}).bytes], { drop: ['bad_length', 'bad_length', 'bad_length'] }, { config: '99' }),
  ],
});
