/**
 * Sorts packets out whose traffic goes one way more than the other: those of which the forward or the reverse rate annotation
 * is above THRESH, and FWD_WEIGHT times the forward rate is above REV_WEIGHT times the reverse one, leave by the second
 * output.
 */
import { ANNOTATIONS, argumentHandler, defineElement, ethernet, example, integer, push } from 'wirelet';

const frame = ethernet.make({});
const WEIGHT_MAX = 1_000_000;

export default defineElement({
  name: 'CompareBlock',
  config: {
    fwd_weight: integer({ max: WEIGHT_MAX, doc: 'What the forward rate is multiplied by.' }),
    rev_weight: integer({ max: WEIGHT_MAX, doc: 'What the reverse rate is multiplied by.' }),
    thresh: integer({ max: 0x7fff_ffff, doc: 'Rates up to which all packets pass.' }),
  },
  ports: { inputs: { in: push('Packets with rate annotations.') }, outputs: { out: push('Packets that pass.'), above: push('Packets of lopsided traffic.') } },
  process(packet, { config, outputs }) {
    const forward = packet.annotationU32(ANNOTATIONS.forward_rate.offset);
    const reverse = packet.annotationU32(ANNOTATIONS.reverse_rate.offset);
    if (forward <= config.thresh && reverse <= config.thresh) return outputs.out;
    return config.fwd_weight * forward > config.rev_weight * reverse ? outputs.above : outputs.out;
  },
  handlers: {
    fwd_weight: argumentHandler('fwd_weight', 'What the forward rate is multiplied by.'),
    rev_weight: argumentHandler('rev_weight', 'What the reverse rate is multiplied by.'),
    thresh: argumentHandler('thresh', 'Rates up to which all packets pass.'),
  },
  reconfigurable: true,
  examples: [
    example('passes slow traffic', frame, { out: frame }, { config: '5, 2, 100', before: 'SetAnnoByte(23, 100)' }),
    example('sorts out traffic that goes one way', frame, { above: frame }, { config: '5, 2, 100', before: 'SetAnnoByte(23, 101)' }),
    example('passes traffic that is answered', frame, { out: frame }, { config: '1, 1, 100', before: 'SetAnnoByte(23, 101) -> SetAnnoByte(27, 101)' }),
  ],
});
