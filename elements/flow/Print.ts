/**
 * Prints a line for each packet and passes it on: a label, the length, and the first bytes in hex.
 *
 * `lan: 60 | 02000000 00020200 0000000a 08004500`
 */
import { bool, defineElement, ethernet, example, integer, oneOf, text } from 'wirelet';

export default defineElement({
  name: 'Print',
  config: {
    label: text({ default: '', doc: 'What the line begins with.' }),
    maxlength: integer({ default: 24, min: -1, max: 9216, doc: 'Bytes shown; -1: all.' }),
    contents: oneOf(['NONE', 'HEX', 'ASCII', 'false', 'true'], { default: 'HEX', keyword: true, doc: 'How bytes are shown.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  process(packet, { config, outputs, log }) {
    if (!config.active) return outputs.out;
    if (config.label.length > 0) {
      log.text(config.label);
      log.text(': ');
    }
    log.decimal(packet.length, 4);
    if (config.contents !== 'NONE' && config.contents !== 'false') {
      log.text(' | ');
      const most = config.maxlength < 0 ? 9216 : config.maxlength;
      const shown = Math.min(packet.length, most);
      if (config.contents === 'ASCII') log.ascii(packet, 0, shown);
      else log.hex(packet, 0, shown);
    }
    log.end();
    return outputs.out;
  },
  examples: [example('passes packets on', ethernet.make({}), { out: ethernet.make({}) }, { config: 'lan' })],
});
