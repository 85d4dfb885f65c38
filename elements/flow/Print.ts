/**
 * Prints a line for each packet and passes it on: a label, the length, and the first bytes in hex.
 *
 * `lan:   60 | 02000000 00020200 0000000a 08004500`
 */
import { bool, booleanHandler, CONTENTS, contentsOf, defineElement, ethernet, example, flag, integer, logTime, string } from 'wirelet';

const BYTES_MAX = 9216;
/** Numbers of bytes are what a C program takes for one; negative: all bytes. */
const BYTES = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const ANNOTATION_WORDS = 12;

export default defineElement({
  name: 'Print',
  config: {
    label: string({ default: '', doc: 'What the line begins with.' }),
    maxlength: integer({ default: 24, ...BYTES, doc: 'Bytes shown; -1: all.' }),
    length: integer({ required: false, ...BYTES, keyword: true, doc: 'Another name of MAXLENGTH.' }),
    nbytes: integer({ required: false, ...BYTES, keyword: true, doc: 'Another name of MAXLENGTH.' }),
    contents: contentsOf('contents', { default: CONTENTS.hex, doc: 'How bytes are shown.' }),
    timestamp: bool({ default: false, keyword: true, doc: "Whether the packet's time is shown." }),
    printanno: bool({ default: false, keyword: true, doc: 'Whether the 48 bytes of annotations are shown, in hex.' }),
    headroom: bool({ default: false, keyword: true, doc: 'Whether the bytes are shown by which the packet may grow at its front and at its end.' }),
    cpu: bool({ default: false, keyword: true, doc: 'Whether the thread is shown: there is one, 0.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config: { maxlength, length, nbytes }, chatter, warn }) {
    for (const [name, value] of [['LENGTH', length], ['NBYTES', nbytes]] as const) {
      if (value !== undefined && chatter !== '') warn(`${name} is an old name`, 'Write MAXLENGTH.', undefined, `${name}: warning: argument deprecated`);
    }
    const shown = nbytes ?? length ?? maxlength;
    return { shown: shown < 0 ? BYTES_MAX : Math.min(shown, BYTES_MAX) };
  },
  process(packet, { config, built, outputs, state, log }) {
    if (!state.active) return outputs.out;
    let between = false;
    if (config.label.length > 0) {
      log.text(config.label);
      between = true;
    }
    if (config.cpu) {
      log.text('(0)');
      between = true;
    }
    if (config.timestamp) {
      if (between) log.text(': ');
      logTime(log, packet.timestampSeconds, packet.timestampNanoseconds);
      between = true;
    }
    if (between) log.text(': ');
    log.decimal(packet.length, 4);
    if (config.headroom) {
      log.text(' (h');
      log.decimal(packet.headroom);
      log.text(' t');
      log.decimal(packet.tailroom);
      log.text(')');
    }
    if (config.printanno) {
      log.text(' | ');
      for (let index = 0; index < ANNOTATION_WORDS; index += 1) log.lowerHexadecimal(packet.annotationU32(index * 4), 8);
    }
    const shown = Math.min(packet.length, built.shown);
    if (config.contents !== CONTENTS.none && shown > 0) {
      log.text(' | ');
      if (config.contents === CONTENTS.text) log.ascii(packet, 0, shown);
      else log.hex(packet, 0, shown);
    }
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [example('passes packets on', ethernet.make({}), { out: ethernet.make({}) }, { config: 'lan' })],
});
