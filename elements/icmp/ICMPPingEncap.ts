/**
 * Makes ICMP echo requests of packets (RFC 792): puts an ICMP and an IPv4 header in front of them. The destination becomes the
 * destination annotation; sequence number and identification count up from 1, and leave out 0.
 */
import { argumentHandler, defineElement, example, formatIpv4, icmp, ICMP_TYPE, integer, ipv4, ipv4Address, register } from 'wirelet';
import { beginMessage, endMessage } from './numbered-message.js';

const data = Uint8Array.from([1, 2, 3]);
const request = (number: number, identifier = 0, payload = data, outer: Parameters<typeof ipv4.make>[0] = {}) =>
  ipv4.make({ protocol: 1, ttl: 255, identification: number, ...outer }, icmp.make({ type: 8, identifier, sequence: number }, payload));
const address = (name: 'src' | 'dst', doc: string) => ({ ...argumentHandler(name, doc), read: ({ config }: { config: Record<string, number> }) => formatIpv4(config[name]!) });

export default defineElement({
  name: 'ICMPPingEncap',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    identifier: integer({ max: 65_535, default: 0, keyword: true, doc: 'The ICMP identifier, which comes back in replies.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Echo requests that carry them.' } },
  state: { number: register('u16', 1) },
  process(packet, context) {
    const { config, state, outputs } = context;
    packet.prepend(ipv4.size + icmp.size);
    beginMessage(packet, context);
    const message = icmp.atOffset(packet, ipv4.size);
    message.type = ICMP_TYPE.echo;
    message.identifier = config.identifier;
    message.sequence = state.number;
    endMessage(packet, context);
    return outputs.out;
  },
  handlers: { src: address('src', 'The source.'), dst: address('dst', 'The destination.') },
  reconfigurable: true,
  examples: [
    example('makes requests of packets, and numbers them', [data, data], { out: [request(1), request(2)] }, { config: '10.0.0.1, 10.0.0.2' }),
    example('writes the identifier', data, { out: request(1, 4711) }, { config: '10.0.0.1, 10.0.0.2, IDENTIFIER 4711' }),
    example('makes a request without data', new Uint8Array(), { out: request(1, 0, new Uint8Array()) }, { config: '10.0.0.1, 10.0.0.2' }),
    example('marks headers for what follows', data, { out: request(1) }, { config: '10.0.0.1, 10.0.0.2', after: 'CheckICMPHeader' }),
    example('sets the annotation', data, { out: Uint8Array.from([10, 0, 0, 2, ...request(1).bytes]) }, { config: '10.0.0.1, 10.0.0.2', after: 'ExampleAnnotations(0, 4)' }),
    example('drops what has no room for it', data, { drop: 'no_headroom' }, { config: '10.0.0.1, 10.0.0.2', before: 'Unstrip(100)' }),
  ],
});
