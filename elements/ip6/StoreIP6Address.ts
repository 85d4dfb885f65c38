/**
 * Writes an IPv6 address into packets: ADDR or, with one argument, the IPv6 destination annotation, whatever it is. OFFSET counts bytes from the start of the marked IPv6 header;
 * `src` and `dst` are 8 and 24 (RFC 8200, 3). Checksums are not touched, as in Click. What has no such header, or ends before the address would, leaves by `bad`.
 */
import { defineElement, example, ipv6, optional, parseInteger, parsed, push, readIpv6, type ArgumentScope, type Ipv6Address, type Parsed } from 'wirelet';
import { DESTINATION_6 } from './destination-annotation.js';

const SOURCE = 8;
const DESTINATION = 24;
const OFFSET_MAX = 9216;
/** What Click says of an offset that is none. */
const UNSPECIFIED = 'unspecified error';
const NO_ADDRESS: Ipv6Address = [0, 0, 0, 0];

function readOffset(text: string): number | undefined {
  if (text.toLowerCase() === 'src') return SOURCE;
  if (text.toLowerCase() === 'dst') return DESTINATION;
  const value = parseInteger(text);
  return value !== undefined && value >= 0 && value <= OFFSET_MAX ? value : undefined;
}

const wrongOffset = (text: string) => `expected an offset from 0 to ${OFFSET_MAX}, src or dst, got "${text}"`;

interface First {
  readonly offset: number | undefined;
  readonly address: Ipv6Address | undefined;
  readonly text: string;
}

/** The first argument is the offset if it is the only one: what it is shows when all are there. */
function readFirst(text: string, scope: ArgumentScope): Parsed<First> {
  return { value: { offset: readOffset(text), address: readIpv6(text, scope), text } };
}

const ADDRESS = '2001:db8::9';
const packet = ipv6.make({}, new Uint8Array(4));

export default defineElement({
  name: 'StoreIP6Address',
  config: {
    addr: parsed<First>('address or offset', { required: false, doc: 'The address; the offset, if there is but one argument.' }, readFirst, ({ text }) => text),
    offset: parsed<number>('offset', { required: false, doc: 'Where it goes: bytes from the IPv6 header on, src or dst.' }, (text) => {
      const value = readOffset(text);
      return value === undefined ? { error: wrongOffset(text), click: UNSPECIFIED, ofElement: true } : { value };
    }, String),
  },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets, with the address.', bad: optional(push('Packets that are too short.')) } },
  build({ config, fail }) {
    const { addr, offset } = config;
    if (addr === undefined) return fail('it needs an offset', 'Write StoreIP6Address(dst), or StoreIP6Address(2001:db8::1, dst).', UNSPECIFIED);
    if (offset === undefined) {
      if (addr.offset === undefined) return fail(`${wrongOffset(addr.text)}, the only argument`, undefined, UNSPECIFIED);
      return { offset: addr.offset, given: false, address: NO_ADDRESS };
    }
    if (addr.address === undefined) return fail(`expected an IPv6 address, got "${addr.text}"`, undefined, 'ADDR: parse error');
    return { offset, given: true, address: addr.address };
  },
  process(packet, { built, outputs }) {
    if (!packet.hasNetworkHeader) return outputs.bad;
    const begin = packet.networkHeaderOffset;
    if (begin < 0 || packet.length < begin + built.offset + 16) return outputs.bad;
    for (let word = 0; word < 4; word += 1) packet.storeU32(begin + built.offset + word * 4, built.given ? built.address[word]! : packet.annotationU32(DESTINATION_6 + word * 4));
    return outputs.out;
  },
  examples: [
    example('writes the source', packet, { out: ipv6.make({ source: ADDRESS }, new Uint8Array(4)) }, { config: `${ADDRESS}, src` }),
    example('writes the annotation as destination', packet, { out: ipv6.make({ destination: ADDRESS }, new Uint8Array(4)) }, { config: 'dst', before: `SetIP6Address(${ADDRESS})` }),
    example('writes an annotation that nobody set', ipv6.make({ destination: ADDRESS }), { out: ipv6.make({ destination: '::' }) }, { config: '24' }),
    example('sorts out what is too short', packet, { bad: packet }, { config: `${ADDRESS}, 29` }),
    example('sorts out what has no marked header', packet.bytes, { bad: packet.bytes }, { config: `${ADDRESS}, src` }),
    example('drops it where nothing takes it', packet.bytes, { drop: 'bad' }, { config: 'src', outputs: 1 }),
  ],
});
