/**
 * Puts a VXLAN header in front of Ethernet frames (RFC 7348), for a UDPIPEncap(..., 4789) behind it.
 */
import { argumentHandler, defineElement, example, integer, vxlan, VXLAN_VALID } from 'wirelet';

const data = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'VXLANEncap',
  config: { vni: integer({ max: 0xff_ffff, doc: 'The network identifier.' }) },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames, with a VXLAN header.' } },
  process(packet, { config, outputs }) {
    packet.prepend(vxlan.size);
    const header = vxlan.at(packet);
    header.flags = VXLAN_VALID;
    header.network = config.vni * 256;
    return outputs.out;
  },
  handlers: { vni: argumentHandler('vni', 'The network identifier.') },
  reconfigurable: true,
  examples: [
    example('names the network', data, { out: Uint8Array.from([8, 0, 0, 0, 0x12, 0x34, 0x56, 0, 1, 2, 3]) }, { config: '0x123456' }),
    example('takes an empty packet', new Uint8Array(0), { out: Uint8Array.from([8, 0, 0, 0, 0xff, 0xff, 0xff, 0]) }, { config: '16777215' }),
  ],
});
