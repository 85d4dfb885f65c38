/**
 * Puts an Ethernet header with an 802.1Q tag in front of packets, and one without a tag in front of those of the native
 * VLAN.
 */
import { defineElement, ethernet, example, formatMacDashed, integer, macAddress, valueHandler } from 'wirelet';
import { tagged, untagged } from './vlan-frame.js';
import { annotatedTag, FROM_ANNOTATION, nativeHandler, nativeVlan, tagArguments, tagHandlers, tagOf, tagText } from './vlan-tag.js';

const payload = untagged.bytes.subarray(14);
const header = '0x0800, 02:00:00:00:00:01, 02:00:00:00:00:02';

export default defineElement({
  name: 'EtherVLANEncap',
  config: {
    ethertype: integer({ max: 0xffff, doc: 'The EtherType of what the packets hold, such as 0x0800 for IPv4.' }),
    src: macAddress({ doc: 'The source address.' }),
    dst: macAddress({ doc: 'The destination address.' }),
    ...tagArguments,
    native_vlan: nativeVlan,
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Ethernet frames.' } },
  build: ({ config }) => ({ tci: tagOf(config) }),
  process(packet, { config, built, outputs }) {
    const tci = built.tci === FROM_ANNOTATION ? annotatedTag(packet) : built.tci;
    const native = (tci & 0xfff) === config.native_vlan;
    packet.prepend(native ? 14 : 18);
    packet.markMacHeader(0);
    const frame = ethernet.at(packet);
    frame.destination = config.dst;
    frame.source = config.src;
    if (native) {
      frame.type = config.ethertype;
    } else {
      frame.type = 0x8100;
      packet.storeU16(14, tci);
      packet.storeU16(16, config.ethertype);
    }
    return outputs.out;
  },
  handlers: {
    src: valueHandler('src', 'The source address.', 'Ethernet address'),
    dst: valueHandler('dst', 'The destination address.', 'Ethernet address'),
    ethertype: valueHandler('ethertype', 'The EtherType of what the packets hold.', 'uint16_t'),
    ...tagHandlers,
    config: { doc: 'Addresses, type and tag as arguments say them.', read: (element) => `${formatMacDashed(element.config.src)}, ${formatMacDashed(element.config.dst)}, ${element.config.ethertype}, ${tagText(element)}` },
    native_vlan: nativeHandler,
  },
  reconfigurable: true,
  examples: [
    example('makes a tagged frame of a packet', payload, { out: tagged(0x6005) }, { config: `${header}, 5, 3` }),
    example('takes the tag from the annotation', payload, { out: tagged(0x2007) }, { config: `${header}, ANNO`, before: 'SetVLANAnno(7, 1)' }),
    example('makes a plain frame for the native network', payload, { out: untagged }, { config: `${header}, VLAN_ID 7, NATIVE_VLAN 7` }),
  ],
});
