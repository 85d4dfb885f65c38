/**
 * Puts an 802.1Q tag into Ethernet frames, behind the addresses. Frames of the native VLAN get none.
 */
import { defineElement, ethernet, example, integer } from 'wirelet';
import { tagged, untagged } from './vlan-frame.js';
import { annotatedTag, FROM_ANNOTATION, nativeHandler, nativeVlan, tagArguments, tagHandlers, tagOf } from './vlan-tag.js';

export default defineElement({
  name: 'VLANEncap',
  config: { ...tagArguments, native_vlan: nativeVlan, ethertype: integer({ default: 0x8100, max: 0xffff, keyword: true, doc: 'The EtherType of tagged frames.' }) },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames with a tag.' } },
  build: ({ config }) => ({ tci: tagOf(config) }),
  process(packet, { config, built, outputs }) {
    const tci = built.tci === FROM_ANNOTATION ? annotatedTag(packet) : built.tci;
    if ((tci & 0xfff) === config.native_vlan) {
      packet.markMacHeader(0);
      return outputs.out;
    }
    const { destination, source } = ethernet.at(packet);
    packet.prepend(4);
    packet.markMacHeader(0);
    packet.storeU48(0, destination);
    packet.storeU48(6, source);
    packet.storeU16(12, config.ethertype);
    packet.storeU16(14, tci);
    return outputs.out;
  },
  handlers: {
    ...tagHandlers,
    native_vlan: nativeHandler,
    ethertype: { doc: 'Sets the EtherType of tagged frames, which it does not show.', read: () => '', write: ({ reconfigure }, value) => reconfigure('ethertype', value.trim()) },
  },
  reconfigurable: true,
  examples: [
    example('puts a tag in', untagged, { out: tagged(0x0005) }, { config: '5' }),
    example('takes the tag from the annotation', untagged, { out: tagged(0x6007) }, { config: 'ANNO', before: 'SetVLANAnno(0x6007)' }),
    example('leaves frames of the native network alone', untagged, { out: untagged }, { config: 'VLAN_ID 5, NATIVE_VLAN 5' }),
    example('takes network 0 for the native one', untagged, { out: untagged }, { config: '0' }),
    example('tags network 0, too, when none is native', untagged, { out: tagged(0xe000) }, { config: 'VLAN_ID 0, VLAN_PCP 7, NATIVE_VLAN -1' }),
    example('tags tagged frames again', tagged(5), { out: { bytes: Uint8Array.from([...untagged.bytes.subarray(0, 12), 0x88, 0xa8, 0, 9, 0x81, 0, 0, 5, ...untagged.bytes.subarray(12)]) } }, { config: '9, ETHERTYPE 0x88a8' }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }, { config: '5' }),
  ],
});
