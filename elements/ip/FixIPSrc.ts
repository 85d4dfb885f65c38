/**
 * Gives packets that ask for it the address of the interface they leave by as their source, and computes the
 * header checksum anew (RFC 1812, 4.3.2.4). Who makes a packet for which the way out decides on the source, as
 * ICMPError does, sets the annotation `fix_ip_source`; it is cleared here.
 *
 * Use it behind the route look-up, one for each interface.
 */
import { ANNOTATIONS, checksum, defineElement, drop, example, ipv4, ipv4Address } from 'wirelet';

const packet = ipv4.make({ source: 0x0a00_0001 });

export default defineElement({
  name: 'FixIPSrc',
  config: { ipaddr: ipv4Address({ doc: 'The address of the interface.' }) },
  ports: { inputs: { in: 'IPv4 packets with a marked header.' }, outputs: { out: 'The same packets.' } },
  counters: { packets_fixed: 'Packets whose source was set.' },
  drops: { short_header: 'The header is longer than the packet.' },
  process(packet, { config, counters, outputs }) {
    if (packet.annotationU8(ANNOTATIONS.fix_ip_source.offset) === 0) return outputs.out;
    if (!packet.hasNetworkHeader) return outputs.out;
    const header = ipv4.at(packet);
    const offset = packet.networkHeaderOffset;
    const length = header.header_length * 4;
    if (offset < 0 || packet.networkLength < length) return drop('short_header');
    header.source = config.ipaddr;
    header.checksum = 0;
    header.checksum = checksum.finish(checksum.sum(packet, offset, length));
    packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, 0);
    counters.packets_fixed.add(1);
    return outputs.out;
  },
  examples: [
    example('leaves other packets alone', packet, { out: packet }, { config: '192.0.2.1' }),
    example('sets the source where that is asked for', { ...packet, fixIpSource: true }, { out: ipv4.make({ source: 0xc000_0201 }) }, { config: '192.0.2.1', counters: { packets_fixed: 1 } }),
    example('mends a wrong checksum', { ...ipv4.make({ source: 1, checksum: 1 }), fixIpSource: true }, { out: ipv4.make({ source: 0xc000_0201 }) }, { config: '192.0.2.1' }),
    example('drops what is shorter than its header', { ...ipv4.make({ header_length: 15 }), fixIpSource: true }, { drop: 'short_header' }, { config: '192.0.2.1' }),
    example('drops a header that is cut off', { ...ipv4.make({}), bytes: ipv4.make({}).bytes.subarray(0, 15), transportHeader: undefined, fixIpSource: true }, { drop: 'short_header' }, { config: '192.0.2.1' }),
  ],
});
