/**
 * Puts a VXLAN header in front of Ethernet frames (RFC 7348): `VXLANEncap(VNI) -> UDPIPEncap(SRC, 49152, DST, 4789)` makes a tunnel.
 *
 * VXLANDecap takes the header off again.
 */
import { argumentHandler, defineElement, ethernet, example, integer } from 'wirelet';
import { VXLAN_BYTES, VXLAN_VNI_FLAG } from './vxlan.js';

const frame = ethernet.make({}).bytes;

export default defineElement({
  name: 'VXLANEncap',
  config: { vni: integer({ max: 0xff_ffff, doc: 'The number of the network.' }) },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames behind a VXLAN header.' } },
  process(packet, { config, outputs }) {
    packet.prepend(VXLAN_BYTES);
    packet.storeU8(0, VXLAN_VNI_FLAG);
    packet.storeU32(4, config.vni * 256);
    return outputs.out;
  },
  handlers: { vni: argumentHandler('vni', 'The number of the network.') },
  reconfigurable: true,
  examples: [
    example('puts eight bytes in front', frame, { out: Uint8Array.from([8, 0, 0, 0, 1, 2, 3, 0, ...frame]) }, { config: '0x010203' }),
    example('knows the last network', frame, { out: Uint8Array.from([8, 0, 0, 0, 255, 255, 255, 0, ...frame]) }, { config: 'VNI 16777215' }),
    example('encapsulates nothing', new Uint8Array(), { out: Uint8Array.from([8, 0, 0, 0, 0, 0, 0, 0]) }, { config: '0' }),
    example('drops what has no room for it', frame, { drop: 'no_headroom' }, { config: '0', before: 'Unstrip(110)' }),
  ],
});
