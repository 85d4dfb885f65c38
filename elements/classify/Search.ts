/**
 * Takes all bytes off the front of packets up to a string that occurs in them, and the string, too, unless STRIP_AFTER is false. Packets without it leave by
 * the second output as they are, or end there.
 *
 * The number of bytes taken off is added to an annotation of two bytes, the lower one first. StringClassifier sorts packets by strings.
 */
import { annotation, bool, data, defineElement, example, optional, push } from 'wirelet';

const text = (string: string) => Buffer.from(string);

/** Where the first of Click's two paint annotations lies. */
const PAINT2 = 16;
const PATTERN_MAX = 256;

export default defineElement({
  name: 'Search',
  config: {
    pattern: data({ doc: 'What to look for.' }),
    strip_after: bool({ default: true, keyword: true, doc: 'Whether the string is taken off, too.' }),
    anno: annotation({ size: 2, default: PAINT2, keyword: true, doc: 'The annotation that tells how many bytes were taken off.' }),
    set_anno: bool({ default: true, keyword: true, doc: 'Whether it is told.' }),
  },
  ports: { inputs: { in: push('Packets.') }, outputs: { out: push('Packets from the string on, or from what follows it.'), without: optional(push('Packets without the string.')) } },
  build({ config, fail }) {
    if (config.pattern.length === 0) fail('Cannot search for an empty string!');
    if (config.pattern.length > PATTERN_MAX) fail(`the string has more than ${PATTERN_MAX} bytes`);
    return { pattern: [...config.pattern], length: config.pattern.length };
  },
  process(packet, { config, built, outputs }) {
    let found = -1;
    for (let at = 0; at + built.length <= packet.length; at += 1) {
      let same = true;
      for (let index = 0; index < built.length; index += 1) {
        if (packet.loadU8(at + index) !== built.pattern[index]!) {
          same = false;
          break;
        }
      }
      if (same) {
        found = at;
        break;
      }
    }
    if (found < 0) return outputs.without;
    const taken = config.strip_after ? found + built.length : found;
    packet.strip(taken);
    if (config.set_anno) {
      const sum = packet.annotationU8(config.anno) + packet.annotationU8(config.anno + 1) * 256 + taken;
      packet.setAnnotationU8(config.anno, sum & 0xff);
      packet.setAnnotationU8(config.anno + 1, (sum >>> 8) & 0xff);
    }
    return outputs.out;
  },
  examples: [
    example('takes off all up to a string', [text('GET / HTTP\r\n\r\nbody'), text('no end')], { out: text('body'), without: text('no end') }, { config: '"\\<0d 0a 0d 0a>"' }),
    example('leaves the string when told so', text('aabaabaaabx'), { out: text('aabaaabx') }, { config: 'aabaaa, STRIP_AFTER false' }),
    example('tells how many bytes it took off', text('abcd'), { out: Uint8Array.from([3, 0, 0x64]) }, { config: 'bc', after: 'ExampleAnnotations(16, 2)' }),
    example('tells it nobody when told so', text('abcd'), { out: Uint8Array.from([0, 0, 0x64]) }, { config: 'bc, SET_ANNO false', after: 'ExampleAnnotations(16, 2)' }),
    example('drops what has no string where nothing takes it', text('abcd'), { drop: 'without' }, { config: 'x', outputs: 1 }),
  ],
});
