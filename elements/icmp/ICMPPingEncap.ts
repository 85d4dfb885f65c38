/**
 * Makes an ICMP echo request of each packet (RFC 792): IP and ICMP headers in front of it, numbered. The destination annotation becomes DST.
 */
import { defineElement, example, formatIpv4, integer, ipv4Address, register, u16 } from 'wirelet';
import { makePing, pingOf } from './ping.js';

const data = Uint8Array.from([1, 2, 3]);
const made = (sequence: number, identifier = 0) => pingOf(0x0a00_0001, 0x0a00_0002, identifier, sequence, data);

export default defineElement({
  name: 'ICMPPingEncap',
  config: {
    src: ipv4Address({ doc: 'The source.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    identifier: integer({ default: 0, max: 0xffff, keyword: true, doc: 'The identifier.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Echo requests with marked headers.' } },
  state: { sequence: register('u16') },
  process(packet, { config, state, outputs }) {
    makePing(packet, config.src, config.dst, config.identifier, state.sequence);
    state.sequence = u16(state.sequence + 1);
    return outputs.out;
  },
  handlers: {
    src: { doc: 'The source.', read: ({ config }) => formatIpv4(config.src), write: ({ reconfigure }, value) => reconfigure('src', value) },
    dst: { doc: 'The destination.', read: ({ config }) => formatIpv4(config.dst), write: ({ reconfigure }, value) => reconfigure('dst', value) },
  },
  reconfigurable: true,
  examples: [
    example('makes echo requests, numbered', [data, data], { out: [made(0), made(1)] }, { config: '10.0.0.1, 10.0.0.2' }),
    example('gives them an identifier', data, { out: made(0, 7) }, { config: '10.0.0.1, 10.0.0.2, IDENTIFIER 7' }),
    example('tells where they go', data, { out: Uint8Array.from([10, 0, 0, 2, ...made(0).bytes]) }, { config: '10.0.0.1, 10.0.0.2', after: 'ExampleAnnotations(0, 4)' }),
  ],
});
