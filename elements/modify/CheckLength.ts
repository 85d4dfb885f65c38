/** Passes packets of at most LENGTH bytes; longer ones leave by the second output, or are dropped where nothing is connected. */
import { ANNOTATIONS, bool, defineElement, example, integer, optional, push, valueHandler } from 'wirelet';

const [short, long] = [new Uint8Array(4), new Uint8Array(5)] as const;

export default defineElement({
  name: 'CheckLength',
  config: {
    length: integer({ doc: 'Bytes that a packet may have.' }),
    extra_length: bool({ default: false, keyword: true, doc: 'Whether the extra length annotation counts.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that are no longer.', longer: optional(push('Packets that are longer.')) } },
  process(packet, { config, outputs }) {
    const extra = config.extra_length ? packet.annotationU32(ANNOTATIONS.extra_length.offset) : 0;
    return packet.length + extra > config.length ? outputs.longer : outputs.out;
  },
  handlers: { length: valueHandler('length', 'Bytes that a packet may have.', 'integer') },
  reconfigurable: true,
  examples: [
    example('sorts longer packets out', [short, long], { out: short, longer: long }, { config: '4' }),
    example('drops them when nothing takes them', [short, long], { out: short, drop: 'longer' }, { config: '4', outputs: 1 }),
    example('counts what was cut off', long, { longer: short }, { config: '4, EXTRA_LENGTH true', before: 'Truncate(4)' }),
  ],
});
