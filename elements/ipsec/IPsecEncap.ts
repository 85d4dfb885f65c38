/**
 * Puts an IPv4 header in front of packets that leave through a tunnel (RFC 4301, 5.1.2.1): they go to the address in their destination annotation, the tunnel's
 * gateway; the interface that they leave by becomes their source, see FixIPSrc.
 */
import { ANNOTATIONS, defineElement, example, ipProtocol, ipv4, register, u16 } from 'wirelet';
import { beginHeader } from '../ip/begun-header.js';

const TTL = 250;
const data = Uint8Array.from([1, 2, 3]);
const outer = (identification: number) => ipv4.make({ ttl: TTL, protocol: 50, source: 0, destination: 0x0a00_0009, identification }, data);

export default defineElement({
  name: 'IPsecEncap',
  config: { proto: ipProtocol({ doc: 'What the packets are: 50 for ESP.' }) },
  ports: { inputs: { in: 'Packets with a destination annotation.' }, outputs: { out: 'IPv4 packets with marked headers.' } },
  split: { never: 'both copies would give the same identification to packets' },
  state: { identification: register('u16') },
  process(packet, { config, state, outputs }) {
    packet.prepend(ipv4.size);
    // The source is for the way out to fill in.
    beginHeader(packet, state.identification, TTL, config.proto, 0, packet.destinationAddress);
    state.identification = u16(state.identification + 1);
    packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, 1);
    return outputs.out;
  },
  examples: [
    example('sends packets to the gateway, numbered', [{ bytes: data, destinationAddress: 0x0a00_0009 }, { bytes: data, destinationAddress: 0x0a00_0009 }], { out: [outer(0), outer(1)] }, { config: '50' }),
    example('leaves the source to the way out', { bytes: data, destinationAddress: 0x0a00_0009 }, { out: ipv4.make({ ttl: TTL, protocol: 50, source: 0xc000_0201, destination: 0x0a00_0009 }, data) }, { config: '50', after: 'FixIPSrc(192.0.2.1)' }),
  ],
});
