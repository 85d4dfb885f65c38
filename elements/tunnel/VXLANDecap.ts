/**
 * Takes the VXLAN header off packets that begin with one (RFC 7348): what is inside is an Ethernet frame. Packets of another network, or
 * without a valid one, leave by `other` as they came.
 */
import { defineElement, example, integer, optional, push, vxlan, VXLAN_VALID } from 'wirelet';

const frame = (...head: number[]) => Uint8Array.from([...head, 1, 2, 3]);
const [mine, reserved, foreign, invalid, short] = [frame(8, 0, 0, 0, 0, 0, 7, 0), frame(0x88, 1, 2, 3, 0, 0, 7, 9), frame(8, 0, 0, 0, 0, 0, 8, 0), frame(0, 0, 0, 0, 0, 0, 7, 0), Uint8Array.from([8, 0, 0, 0, 0, 0, 7])] as const;

export default defineElement({
  name: 'VXLANDecap',
  config: { vni: integer({ max: 0xff_ffff, required: false, doc: 'The network identifier that packets must have; without it any.' }) },
  ports: { inputs: { in: 'Packets that begin with a VXLAN header.' }, outputs: { out: 'Ethernet frames.', other: optional(push('Packets that are not for this network.')) } },
  process(packet, { config, outputs }) {
    if (packet.length < vxlan.size) return outputs.other;
    const header = vxlan.at(packet);
    if ((header.flags & VXLAN_VALID) === 0 || (config.vni !== undefined && header.network >>> 8 !== config.vni)) return outputs.other;
    packet.strip(vxlan.size);
    return outputs.out;
  },
  examples: [
    example('leaves the frame, whatever reserved bits say', [mine, reserved], { out: [Uint8Array.from([1, 2, 3]), Uint8Array.from([1, 2, 3])] }, { config: '7' }),
    example('sorts out other networks, and none', [foreign, invalid, short], { other: [foreign, invalid, short] }, { config: '7' }),
    example('takes any network', foreign, { out: Uint8Array.from([1, 2, 3]) }),
    example('drops the others where nothing takes them', short, { drop: 'other' }, { outputs: 1 }),
  ],
});
