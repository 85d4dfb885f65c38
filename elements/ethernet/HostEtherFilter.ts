/**
 * Passes frames that are meant for a host: those for its address, and group addresses, broadcasts included; and notes
 * to whom each was sent, for DropBroadcasts and others. The rest leaves by `other`, or ends there.
 */
import { ANNOTATIONS, bool, defineElement, ethernet, ETHERNET_BROADCAST, example, integer, macAddress, optional, PACKET_TYPE, push, valueHandler } from 'wirelet';

const config = '02:00:00:00:00:01';
const TYPE = ANNOTATIONS.packet_type.offset;
const typed = (type: number, frame: { bytes: Uint8Array }) => Uint8Array.from([type, ...frame.bytes]);

export default defineElement({
  name: 'HostEtherFilter',
  config: {
    ether: macAddress({ doc: "The host's address." }),
    drop_own: bool({ default: false, doc: 'Also drop frames that come from that address.' }),
    drop_other: bool({ default: true, doc: 'Drop frames for other hosts; false lets them pass.' }),
    offset: integer({ default: 0, max: 1024, keyword: true, doc: 'Where the Ethernet header begins.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames for the host.', other: optional(push('Frames for other hosts and, with DROP_OWN, those from the host itself.')) } },
  process(packet, { config, outputs }) {
    const destination = packet.loadU48(config.offset);
    if (config.drop_own && packet.loadU48(config.offset + 6) === config.ether) return outputs.other;
    if (destination === config.ether) {
      packet.setAnnotationU8(TYPE, PACKET_TYPE.host);
      return outputs.out;
    }
    if (ethernet.isGroup(destination)) {
      packet.setAnnotationU8(TYPE, destination === ETHERNET_BROADCAST ? PACKET_TYPE.group : PACKET_TYPE.multicast);
      return outputs.out;
    }
    packet.setAnnotationU8(TYPE, PACKET_TYPE.other_host);
    return config.drop_other ? outputs.other : outputs.out;
  },
  handlers: { ether: valueHandler('ether', "The host's address.", 'Ethernet address') },
  reconfigurable: true,
  examples: [
    example('passes frames for the host', ethernet.make({ destination: 0x0200_0000_0001 }), { out: ethernet.make({ destination: 0x0200_0000_0001 }) }, { config }),
    example('notes broadcasts', ethernet.make({ destination: 0xffff_ffff_ffff }), { out: typed(1, ethernet.make({ destination: 0xffff_ffff_ffff })) }, { config, after: 'ExampleAnnotations(19, 1)' }),
    example('notes multicasts', ethernet.make({ destination: 0x0100_0000_0002 }), { out: typed(2, ethernet.make({ destination: 0x0100_0000_0002 })) }, { config, after: 'ExampleAnnotations(19, 1)' }),
    example('passes frames for others when told to, and notes them', ethernet.make({ destination: 9 }), { out: typed(3, ethernet.make({ destination: 9 })) }, { config: `${config}, DROP_OTHER false`, after: 'ExampleAnnotations(19, 1)' }),
    example('sorts out frames for others', ethernet.make({ destination: 0x0200_0000_0009 }), { other: ethernet.make({ destination: 0x0200_0000_0009 }) }, { config }),
    example('sorts out its own frames when told to', ethernet.make({ source: 0x0200_0000_0001 }), { other: ethernet.make({ source: 0x0200_0000_0001 }) }, { config: `${config}, true` }),
  ],
});
