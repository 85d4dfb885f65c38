/**
 * Takes the VXLAN header off packets that begin with one (RFC 7348): `Strip(28) -> VXLANDecap(VNI)` is the end of a tunnel, behind a
 * CheckUDPHeader and a classifier for port 4789. Frames of other networks leave by `other`, packets without a network's number by `bad`.
 *
 * The MAC header mark is set to the frame inside. Reserved bits are not looked at, as the RFC demands.
 */
import { defineElement, ethernet, example, integer, optional, push } from 'wirelet';
import { VXLAN_BYTES, VXLAN_VNI_FLAG } from './vxlan.js';

const frame = ethernet.make({}).bytes;
const behind = (...header: number[]) => Uint8Array.from([...header, ...frame]);

export default defineElement({
  name: 'VXLANDecap',
  config: { vni: integer({ max: 0xff_ffff, required: false, doc: 'The number of the network; without it, any.' }) },
  ports: {
    inputs: { in: 'Packets that begin with a VXLAN header.' },
    outputs: { out: 'Ethernet frames.', other: optional(push('Packets of other networks, as they came.')), bad: optional(push('Packets with a wrong header, as they came.')) },
  },
  counters: { bad_header: 'The header is cut off, or has no number of a network.' },
  process(packet, { config, counters, outputs }) {
    if (packet.length < VXLAN_BYTES) {
      counters.bad_header.add(1);
      return outputs.bad;
    }
    if ((packet.loadU8(0) & VXLAN_VNI_FLAG) === 0) {
      counters.bad_header.add(1);
      return outputs.bad;
    }
    if (config.vni !== undefined && packet.loadU32(4) >>> 8 !== config.vni) return outputs.other;
    packet.strip(VXLAN_BYTES);
    packet.markMacHeader(0);
    return outputs.out;
  },
  examples: [
    example('takes the header off', behind(8, 0, 0, 0, 1, 2, 3, 0), { out: frame }, { config: '0x010203' }),
    example('sorts out other networks', behind(8, 0, 0, 0, 1, 2, 4, 0), { other: behind(8, 0, 0, 0, 1, 2, 4, 0) }, { config: '0x010203' }),
    example('takes all networks when told of none', [behind(8, 0, 0, 0, 1, 2, 4, 0), behind(8, 0, 0, 0, 0, 0, 0, 0)], { out: [frame, frame] }),
    example('does not look at reserved bits', behind(0xff, 1, 2, 3, 0, 0, 1, 9), { out: frame }, { config: '1' }),
    example('finds a header without a number', behind(0, 0, 0, 0, 0, 0, 1, 0), { bad: behind(0, 0, 0, 0, 0, 0, 1, 0) }, { config: '1', counters: { bad_header: 1 } }),
    example('finds a header that is cut off', Uint8Array.from([8, 0, 0, 0, 0, 0, 1]), { bad: Uint8Array.from([8, 0, 0, 0, 0, 0, 1]) }, { config: '1', counters: { bad_header: 1 } }),
    example('leaves nothing of a header alone', Uint8Array.from([8, 0, 0, 0, 0, 0, 1, 0]), { out: new Uint8Array() }, { config: '1' }),
  ],
});
