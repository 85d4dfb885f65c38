/**
 * Takes the 802.1Q tag out of Ethernet frames and, but for ANNO false, into their VLAN annotation; frames without a tag pass
 * as they are, with 0 there.
 */
import { bool, defineElement, ethernet, example, integer } from 'wirelet';
import { tagged, untagged } from './vlan-frame.js';
import { annotateTag } from './vlan-tag.js';

export default defineElement({
  name: 'VLANDecap',
  config: {
    anno: bool({ default: true, doc: 'Whether the annotation is set.' }),
    ethertype: integer({ default: 0x8100, max: 0xffff, keyword: true, doc: 'The EtherType of tagged frames.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames without a tag.' } },
  process(packet, { config, outputs }) {
    const { destination, source, type } = ethernet.at(packet);
    if (type !== config.ethertype) {
      packet.markMacHeader(0);
      if (config.anno) annotateTag(packet, 0);
      return outputs.out;
    }
    if (config.anno) annotateTag(packet, packet.loadU16(14));
    packet.strip(4);
    packet.markMacHeader(0);
    packet.storeU48(0, destination);
    packet.storeU48(6, source);
    return outputs.out;
  },
  examples: [
    example('takes the tag out', tagged(0x6005), { out: untagged }),
    example('keeps it in the annotation', tagged(0x6005), { out: Uint8Array.from([0x60, 0x05, ...untagged.bytes]) }, { after: 'ExampleAnnotations(20, 2)' }),
    example('passes frames without a tag', untagged, { out: Uint8Array.from([0, 0, ...untagged.bytes]) }, { before: 'SetVLANAnno(9)', after: 'ExampleAnnotations(20, 2)' }),
    example('leaves the annotation alone when told to', tagged(5), { out: Uint8Array.from([0, 9, ...untagged.bytes]) }, { config: 'false', before: 'SetVLANAnno(9)', after: 'ExampleAnnotations(20, 2)' }),
    example('takes other tags out', tagged(5, 0x88a8), { out: untagged }, { config: 'ETHERTYPE 0x88a8' }),
    example('drops frames that end within their tag', tagged(5).bytes.subarray(0, 15), { drop: 'short_packet' }),
  ],
});
