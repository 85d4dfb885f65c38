/**
 * Writes an IPv4 address into packets: ADDR or, with one argument, the destination annotation, which is not written to an offset if it is 0.
 *
 * OFFSET counts bytes from the start; no checksum is touched then. It may be `src` or `dst`, too: the field of the marked IP
 * header, whose checksum and that of TCP or UDP are updated (RFC 1624). What is too short leaves by `bad`.
 */
import { checksum, checksummed, defineElement, example, ipv4, optional, parseInteger, parsed, push, readIpv4, transportAddressChanged, udp, type ArgumentScope, type Parsed } from 'wirelet';

const SOURCE = -1;
const DESTINATION = -2;
const OFFSET_MAX = 9216;

function readOffset(text: string): number | undefined {
  if (text.toLowerCase() === 'src') return SOURCE;
  if (text.toLowerCase() === 'dst') return DESTINATION;
  const value = parseInteger(text);
  return value !== undefined && value >= 0 && value <= OFFSET_MAX ? value : undefined;
}

const wrongOffset = (text: string) => ({ error: `expected an offset from 0 to ${OFFSET_MAX}, src or dst, got "${text}"`, click: 'type mismatch: OFFSET requires integer', ofElement: true });

interface First {
  readonly offset: number | undefined;
  readonly address: number | undefined;
}

/** The first argument is the offset if it is the only one. */
function readFirst(text: string, scope: ArgumentScope): Parsed<First> {
  const offset = readOffset(text);
  const address = readIpv4(text, scope);
  if (offset === undefined && typeof address !== 'number') return { ...wrongOffset(text), error: `expected an IPv4 address or an offset, got "${text}"` };
  return { value: { offset, address: typeof address === 'number' ? address : undefined } };
}

const data = udp.make({ source_port: 5000, destination_port: 53 }, Uint8Array.from([1, 2, 3]));
const packet = checksummed(ipv4.make({}, data));
const changed = checksummed(ipv4.make({ source: 0xc0000201 }, data));

export default defineElement({
  name: 'StoreIPAddress',
  config: {
    addr: parsed<First>('address or offset', { required: false, doc: 'The address; the offset, if there is but one argument.' }, readFirst, ({ offset, address }) => String(address ?? offset)),
    offset: parsed<number>('offset', { required: false, doc: 'Where it goes: bytes from the start, src or dst.' }, (text) => {
      const value = readOffset(text);
      return value === undefined ? wrongOffset(text) : { value };
    }, String),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the address.', bad: optional(push('Packets that are too short.')) } },
  build({ config, fail }) {
    const offset = config.offset ?? config.addr?.offset;
    if (offset === undefined) return fail('it needs an offset', 'Write StoreIPAddress(16), or StoreIPAddress(192.0.2.1, 16).', config.addr === undefined ? 'OFFSET: required argument missing' : 'type mismatch: OFFSET requires integer');
    if (config.offset !== undefined && config.addr !== undefined && config.addr.address === undefined) return fail('the first of two arguments must be an address', undefined, 'ADDR: invalid IP address');
    return { offset, address: config.offset === undefined ? -1 : (config.addr?.address ?? -1) };
  },
  process(packet, { built, outputs }) {
    const address = built.address >= 0 ? built.address : packet.destinationAddress;
    if (built.offset >= 0) {
      if (built.address < 0 && address === 0) return outputs.out;
      if (packet.length < built.offset + 4) return outputs.bad;
      packet.storeU32(built.offset, address);
      return outputs.out;
    }
    if (!packet.hasNetworkHeader || packet.networkLength < ipv4.size) return outputs.bad;
    const header = ipv4.at(packet);
    const before = built.offset === SOURCE ? header.source : header.destination;
    if (built.offset === SOURCE) header.source = address;
    else header.destination = address;
    header.checksum = checksum.updateU32(header.checksum, before, address);
    if (packet.hasTransportHeader) transportAddressChanged(packet, before, address);
    return outputs.out;
  },
  examples: [
    example('writes over four bytes', new Uint8Array(6), { out: Uint8Array.from([0, 192, 0, 2, 1, 0]) }, { config: '192.0.2.1, 1' }),
    example('writes 0.0.0.0 when told to', Uint8Array.from([1, 2, 3, 4]), { out: new Uint8Array(4) }, { config: '0.0.0.0, 0' }),
    example('takes the annotation', [{ bytes: new Uint8Array(4), destinationAddress: 0x01020304 }, Uint8Array.from([9, 9, 9, 9])], { out: [Uint8Array.from([1, 2, 3, 4]), Uint8Array.from([9, 9, 9, 9])] }, { config: '0' }),
    example('keeps checksums right', packet, { out: changed }, { config: '192.0.2.1, src' }),
    example('takes the annotation as destination', { ...packet, destinationAddress: 0xc0000201 }, { out: checksummed(ipv4.make({ destination: 0xc0000201 }, data)) }, { config: 'dst' }),
    example('leaves fragments behind the first alone but for the header', ipv4.make({ fragment_offset: 1 }, new Uint8Array(20)), { out: ipv4.make({ fragment_offset: 1, source: 0xc0000201 }, new Uint8Array(20)) }, { config: '192.0.2.1, src' }),
    example('sorts out what is too short', [new Uint8Array(7), new Uint8Array(8)], { bad: new Uint8Array(7), out: Uint8Array.from([0, 0, 0, 0, 192, 0, 2, 1]) }, { config: '192.0.2.1, 4' }),
    example('drops it where nothing takes it', [packet.bytes], { drop: 'bad' }, { config: '192.0.2.1, src', outputs: 1 }),
  ],
});
