/**
 * Replaces the addresses of IPv4 packets by others so that two addresses with a common prefix still have one of the same length (Xu, Fan, Ammar, Moon,
 * "Prefix-preserving IP address anonymization", ICNP 2002). Checksums are updated. The same SEED gives the same addresses.
 *
 * CLASS N keeps the class of addresses whose first N bits say it: 4 keeps classes A to D apart, 99 keeps whole multicast and reserved ranges apart as 4 does.
 * PRESERVE_8 lists first bytes that stay as they are. Packets without a whole header leave by the second output, or end there.
 */
import { checksum, checksummed, defineElement, example, integer, ipv4, optional, transportAddressChanged, udp, words, type Kind, type u32 } from 'wirelet';

const anonymized = (source: number, destination: number) => checksummed(ipv4.make({ protocol: 17, source, destination }, udp.make({ source_port: 1 })));
const packet = anonymized(0x0a00_0001, 0x0a00_0002);
const BITS = 32;

/** A bijective mix of 32 bits: each depends on all (C. Wellons, "Prospecting for hash functions", 2018: lowbias32). */
function hashOf(value: u32): u32 {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb_352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846c_a68b);
  return (twice ^ (twice >>> 16)) >>> 0;
}

/** The address that stands for `address`: each bit is turned, or not, as a hash of those before it says. */
function anonymous(address: u32, kept: number, seed: u32): u32 {
  let result = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    const before = bit === 0 ? 0 : ((address >>> (32 - bit)) << (32 - bit)) >>> 0;
    const turned = bit < kept ? 0 : hashOf((hashOf((before ^ seed) >>> 0) + bit * 0x9e3779b9) >>> 0) >>> 31;
    const own = (address >>> (31 - bit)) & 1;
    result = ((result << 1) | (own ^ turned)) >>> 0;
  }
  return result;
}

/** Bits at the front that stay: those that say the class, up to `most`, or the whole first byte. */
function keptBits(address: u32, most: number, firsts: readonly number[]): number {
  for (const first of firsts) if (address >>> 24 === first) return 8;
  if (most <= 0) return 0;
  const ones = address >>> 28 === 15 ? 4 : address >>> 29 === 7 ? 4 : address >>> 30 === 3 ? 3 : address >>> 31 === 1 ? 2 : 1;
  return Math.min(ones, most);
}

const byte = integer({ max: 255, doc: 'A first byte.' });
const firstByte: Kind<number> = {
  ...byte,
  parse(text, scope) {
    const parsed = byte.parse(text, scope);
    return 'error' in parsed ? { ...parsed, click: 'PRESERVE_8 expects integer between 0 and 255', ofElement: true } : parsed;
  },
};

export default defineElement({
  name: 'AnonymizeIPAddr',
  config: {
    class: integer({ default: 0, keyword: true, doc: 'Bits of the class that stay.' }),
    preserve_8: words(firstByte, { keyword: true, doc: 'First bytes of addresses that stay.' }),
    seed: integer({ default: 1, keyword: true, doc: 'What addresses become: another number, other addresses.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets with other addresses.', bad: optional('Packets without a whole header.') } },
  build({ config, fail }) {
    if (config.class > 32 && config.class !== 99) fail('CLASS is above 32, and not 99', undefined, 'CLASS must be between 0 and 32');
    return { kept: Math.min(config.class, 4), firsts: [...new Set(config.preserve_8)], seed: config.seed >>> 0 };
  },
  process(packet, { built, outputs }) {
    if (packet.networkLength < ipv4.size) return outputs.bad;
    const header = ipv4.at(packet);
    const source = header.source;
    const destination = header.destination;
    const newSource = anonymous(source, keptBits(source, built.kept, built.firsts), built.seed);
    const newDestination = anonymous(destination, keptBits(destination, built.kept, built.firsts), built.seed);
    header.checksum = checksum.updateU32(checksum.updateU32(header.checksum, source, newSource), destination, newDestination);
    if (packet.hasTransportHeader) {
      transportAddressChanged(packet, source, newSource);
      transportAddressChanged(packet, destination, newDestination);
    }
    header.source = newSource;
    header.destination = newDestination;
    return outputs.out;
  },
  examples: [
    example('keeps first bytes', packet, { out: anonymized(0x0a03_7eee, 0x0a03_7eec) }, { config: 'PRESERVE_8 10, SEED 7' }),
    example('gives other addresses', packet, { out: anonymized(0x6703_7eee, 0x6703_7eec) }, { config: 'SEED 7' }),
    example('sorts out what is cut off', { bytes: packet.bytes.subarray(0, 12), networkHeader: 0 }, { bad: packet.bytes.subarray(0, 12) }),
  ],
});
