/**
 * Passes packets whose forward rate annotation is at most THRESH; all others leave by the second output. A THRESH of 0 lets
 * everything pass.
 */
import { ANNOTATIONS, defineElement, ethernet, example, integer, HandlerError, parseInteger, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'Block',
  config: { thresh: integer({ max: 0x7fff_ffff, doc: 'The highest rate that passes; 0: any.' }) },
  ports: { inputs: { in: 'Packets with a forward rate annotation.' }, outputs: { out: 'Packets that pass.', above: push('Packets with a higher rate.') } },
  process(packet, { config, outputs }) {
    const rate = packet.annotationU32(ANNOTATIONS.forward_rate.offset);
    return config.thresh > 0 && rate > config.thresh ? outputs.above : outputs.out;
  },
  handlers: {
    thresh: {
      doc: 'The highest rate that passes; 0: any.',
      read: ({ config }) => String(config.thresh),
      write({ set }, value) {
        const thresh = parseInteger(value.trim());
        if (value.trim() === '' || value.includes(',')) throw new HandlerError('expecting 1 integer');
        if (thresh === undefined || thresh < 0 || thresh > 0x7fff_ffff) throw new HandlerError('not an integer');
        set('thresh', thresh);
      },
    },
  },
  reconfigurable: true,
  examples: [
    example('passes the highest rate', frame, { out: frame }, { config: '10', before: 'SetAnnoByte(23, 10)' }),
    example('blocks what is above', frame, { above: frame }, { config: '10', before: 'SetAnnoByte(23, 11)' }),
    example('passes any rate at 0', frame, { out: frame }, { config: '0', before: 'SetAnnoByte(20, 11)' }),
  ],
});
