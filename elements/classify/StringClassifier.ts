/**
 * Sorts packets by byte strings that occur in them, anywhere from OFFSET on: a packet leaves by the output of the first argument that it
 * has, or by the last one if it has none.
 *
 * All strings are looked for at once, in one pass over the bytes (Aho and Corasick, CACM 1975): the time does not depend on how many
 * there are, nor on what a sender writes. A string that is cut in two by packets is not found.
 */
import { bool, counterHandler, data, defineElement, example, integer, many, push, resetHandler, rest } from 'wirelet';

const BYTES_MAX = 8192;
const fold = (byte: number) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

interface Automaton {
  /** The class of each byte: bytes in no string share class 0. */
  readonly classOf: readonly number[];
  readonly classes: number;
  /** The next state, by state * classes + class. */
  readonly next: readonly number[];
  /** The first string that ends in a state, or the number of strings. */
  readonly found: readonly number[];
}

/** The automaton that has read, in each state, the longest beginning of a string that ends here. */
function automaton(strings: readonly Uint8Array[], nocase: boolean): Automaton {
  const classOf = new Array<number>(256).fill(0);
  let classes = 1;
  for (const string of strings) {
    for (const byte of string) {
      const plain = nocase ? fold(byte) : byte;
      if (classOf[plain] === 0) classOf[plain] = classes++;
    }
  }
  if (nocase) for (let byte = 0x41; byte <= 0x5a; byte += 1) classOf[byte] = classOf[fold(byte)]!;
  const trie: Map<number, number>[] = [new Map()];
  const found: number[] = [strings.length];
  strings.forEach((string, number) => {
    let state = 0;
    for (const byte of string) {
      const step = classOf[byte]!;
      let then = trie[state]!.get(step);
      if (then === undefined) {
        then = trie.push(new Map()) - 1;
        found.push(strings.length);
        trie[state]!.set(step, then);
      }
      state = then;
    }
    found[state] = Math.min(found[state]!, number);
  });
  const next = new Array<number>(trie.length * classes).fill(0);
  const fallback = new Array<number>(trie.length).fill(0);
  const pending = [0];
  for (let state = pending.shift(); state !== undefined; state = pending.shift()) {
    found[state] = Math.min(found[state]!, found[fallback[state]!]!);
    for (let step = 0; step < classes; step += 1) {
      const then = trie[state]!.get(step);
      const otherwise = state === 0 ? 0 : next[fallback[state]! * classes + step]!;
      next[state * classes + step] = then ?? otherwise;
      if (then === undefined) continue;
      fallback[then] = otherwise;
      pending.push(then);
    }
  }
  return { classOf, classes, next, found };
}

const text = (string: string) => Buffer.from(string);

export default defineElement({
  name: 'StringClassifier',
  config: {
    strings: rest(data({ doc: 'What to look for.' }), { min: 1, max: 255, doc: 'Strings, in Click\'s notation for bytes.' }),
    offset: integer({ default: 0, max: 9216, keyword: true, doc: 'Where the search begins, in bytes.' }),
    nocase: bool({ default: false, keyword: true, doc: 'Whether capital letters count as small ones.' }),
  },
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('By string, in order; the last: packets with none.', { min: 2, count: (config) => config.strings.length + 1 })) },
  counters: { packets_found: 'Packets in which a string occurred.' },
  build({ config, fail }) {
    const empty = config.strings.findIndex(({ length }) => length === 0);
    if (empty >= 0) fail('an empty string occurs in every packet', undefined, `Pattern #${empty} has zero length`);
    if (config.strings.reduce((sum, { length }) => sum + length, 0) > BYTES_MAX) fail(`the strings have more than ${BYTES_MAX} bytes together`);
    return automaton(config.strings, config.nocase);
  },
  process(packet, { config, built, counters, outputs }) {
    const none = outputs.length - 1;
    let first = none;
    let state = 0;
    for (let at = config.offset; at < packet.length; at += 1) {
      state = built.next[state * built.classes + built.classOf[packet.loadU8(at)]!]!;
      first = Math.min(first, built.found[state]!);
      if (first === 0) break;
    }
    if (first < none) counters.packets_found.add(1);
    return outputs[first]!;
  },
  handlers: { matches: counterHandler('packets_found', 'Packets in which a string occurred.'), reset_count: resetHandler('Begins to count anew.') },
  reconfigurable: true,
  examples: [
    example('finds a string', [text('say attack now'), text('say nothing')], { 0: text('say attack now'), 1: text('say nothing') }, { config: 'attack', counters: { packets_found: 1 } }),
    example('goes by the first argument, wherever it is', [text('she sells'), text('his'), text('usher')], { 0: text('his'), 1: [text('she sells'), text('usher')] }, { config: 'his, he, she', outputs: 4 }),
    example('finds what overlaps', text('aabaabaaa'), { 0: text('aabaabaaa') }, { config: 'aabaaa' }),
    example('finds bytes', Uint8Array.from([1, 0x90, 0x90, 0x90]), { 0: Uint8Array.from([1, 0x90, 0x90, 0x90]) }, { config: '"\\<90 90 90>"' }),
    example('heeds capital letters', text('ATTACK'), { 1: text('ATTACK') }, { config: 'attack' }),
    example('does not heed them when told so', text('AtTaCk'), { 0: text('AtTaCk') }, { config: 'aTTack, NOCASE true' }),
    example('begins where it is told to', [text('attack'), new Uint8Array(0)], { 1: [text('attack'), new Uint8Array(0)] }, { config: 'attack, OFFSET 1' }),
  ],
});
