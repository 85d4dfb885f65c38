/** Makes ICMP messages of IPv4 packets whatever they carry: sets TYPE, CODE and the checksum (RFC 792). Good for packets of random bytes. */
import { checksum, checksummed, defineElement, drop, example, icmp, ipv4 } from 'wirelet';
import { saidLength, tellBadLengths } from '../tcpudp/forced.js';
import { codeOf, icmpCode, icmpType } from './type-argument.js';

const data = Uint8Array.from([1, 2, 3]);
const packet = (values: Parameters<typeof icmp.make>[0], outer: Parameters<typeof ipv4.make>[0] = {}) => ipv4.make({ protocol: 1, ...outer }, icmp.make(values, data));

export default defineElement({
  name: 'ForceICMP',
  config: { type: icmpType('ICMP type', 'The type, such as echo or 8.'), code: icmpCode('The code, by name or number.') },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets as ICMP packets.' } },
  drops: { bad_length: 'The header is none, or the packet is shorter than it says, or than an ICMP header.' },
  build({ config, chatter, fail }) {
    const { type } = config;
    if (type < 0 || type > 255) return fail(`an ICMP type is from 0 to 255, not ${type}`, undefined, 'ICMP type must be between 0 and 255');
    return { code: codeOf(type, config.code, fail, 'argument 2 takes ICMP code'), chatter: chatter === '' ? '' : 'ForceICMP: bad lengths' };
  },
  process(packet, { config, built, log, outputs }) {
    const total = saidLength(packet, icmp.size, true);
    if (total === 0) {
      tellBadLengths(log, built.chatter);
      return drop('bad_length');
    }
    const outer = ipv4.at(packet).header_length * 4;
    const start = Math.max(0, packet.networkHeaderOffset) + outer;
    const header = icmp.atOffset(packet, start);
    header.type = config.type & 255;
    header.code = built.code & 255;
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, start, Math.max(0, total - outer)));
    return outputs.out;
  },
  examples: [
    example('sets type, code and checksum', packet({ type: 8, checksum: 1 }), { out: checksummed(packet({ type: 3, code: 1 })) }, { config: 'unreachable, host' }),
    example('drops what is too short', [ipv4.make({ protocol: 1 }, new Uint8Array(7)), packet({}, { total_length: 32 }), packet({}, { header_length: 4 }), packet({}).bytes], { drop: ['bad_length', 'bad_length', 'bad_length', 'bad_length'] }, { config: '8, 0' }),
  ],
});
