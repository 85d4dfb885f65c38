/**
 * Takes the Ethernet header off frames with an 802.1Q tag, and the tag into the VLAN annotation. Frames without a tag belong
 * to the native VLAN, 0 unless said; with none, -1, they leave by the second output or, where nothing is connected, are dropped.
 */
import { defineElement, example, integer, optional, push, u16 } from 'wirelet';
import { tagged, untagged } from './vlan-frame.js';
import { annotateTag } from './vlan-tag.js';

const payload = untagged.bytes.subarray(14);

export default defineElement({
  name: 'StripEtherVLANHeader',
  config: { native_vlan: integer({ default: 0, min: -0x8000_0000, max: 0x7fff_ffff, doc: 'Identifier of the network whose frames bear no tag; negative: none.' }) },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'What the frames held.', untagged: optional(push('Frames without a tag.')) } },
  build({ config, fail }) {
    if (config.native_vlan > 0xfff) fail('bad NATIVE_VLAN');
    return { native: u16(Math.max(0, config.native_vlan)) };
  },
  process(packet, { config, built, outputs }) {
    if (packet.loadU16(12) === 0x8100) {
      annotateTag(packet, packet.loadU16(14));
      packet.strip(18);
      return outputs.out;
    }
    if (config.native_vlan < 0) return outputs.untagged;
    annotateTag(packet, built.native);
    packet.strip(14);
    return outputs.out;
  },
  reconfigurable: true,
  examples: [
    example('takes header and tag off', tagged(0x6005), { out: Uint8Array.from([0x60, 0x05, ...payload]) }, { after: 'ExampleAnnotations(20, 2)' }),
    example('sorts frames without a tag out', untagged, { untagged }, { config: '-1' }),
    example('takes them for frames of network 0', untagged, { out: Uint8Array.from([0, 0, ...payload]) }, { before: 'SetVLANAnno(9)', after: 'ExampleAnnotations(20, 2)' }),
    example('drops them when nothing takes them', untagged, { drop: 'untagged' }, { config: '-1', outputs: 1 }),
    example('takes them for frames of the network that is given', untagged, { out: Uint8Array.from([0, 7, ...payload]) }, { config: '7', after: 'ExampleAnnotations(20, 2)' }),
    example('drops frames that end within their tag', tagged(5).bytes.subarray(0, 17), { drop: 'short_packet' }),
  ],
});
