/**
 * Sorts packets by bytes at fixed offsets from their beginning. Each pattern has an output; a packet leaves
 * on that of the first pattern it matches, and is dropped when it matches none.
 *
 * A pattern is clauses that must all hold, `offset/value` or `offset/value%mask`: `12/0806 20/0001` is an ARP
 * request in an Ethernet frame. The offset is decimal, value and mask are hex; `?` stands for four bits
 * that do not matter; `!` before a clause is its contrary; `-` alone matches every packet. A clause whose
 * bytes are not all in the packet does not hold.
 */
import { buildProgram, bytePattern, bytePatternProgram, bytePatternRules, classify, defineElement, drop, example, many, orRefused, programText, push, rest, warnOfDeadRules } from 'wirelet';

const arpRequest = Uint8Array.from([
  255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
]);
const ipFrame = Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45]);

export default defineElement({
  name: 'Classifier',
  config: { patterns: rest(bytePattern({ doc: 'A pattern for each output, such as 12/0806 20/0001, or - for all packets.' }), { min: 1, max: 1024 }) },
  ports: {
    inputs: { in: push('Packets to sort.') },
    outputs: push(many('Packets that match the pattern of that number first.', { min: 1, count: (config) => config.patterns.length, perArgument: true })),
  },
  drops: { unmatched: 'Packets that match no pattern.' },
  build({ config, fail, warn }) {
    const rules = bytePatternRules(config.patterns);
    warnOfDeadRules(config.patterns.map(({ text }) => text), rules, 'pattern', warn);
    return orRefused(fail, () => ({ program: buildProgram(rules, config.patterns.length) }));
  },
  process(packet, { built, outputs }) {
    const output = classify(built.program, packet);
    if (output < 0) return drop('unmatched');
    return outputs[output];
  },
  handlers: {
    program: {
      doc: 'The tests of words that decide, a line each: where a packet goes that has the value under the mask, and one that has not.',
      read: ({ config }) => programText(bytePatternProgram(config.patterns)),
    },
  },
  reconfigurable: true,
  examples: [
    example('sorts by Ethernet type', [arpRequest, ipFrame], { 0: [arpRequest], 1: [ipFrame] }, { config: '12/0806, 12/0800', outputs: 2 }),
    example('takes the first pattern that matches', arpRequest, { 0: arpRequest }, { config: '12/0806 20/0001, 12/0806, -', outputs: 3 }),
    example('drops what matches nothing', ipFrame, { drop: ['unmatched'] }, { config: '12/0806', outputs: 1 }),
    example('looks at single bits', ipFrame, { 1: ipFrame }, { config: '0/01%01, 0/02%03, -', outputs: 3 }),
    example('needs all bytes of a clause', ipFrame, { 1: ipFrame }, { config: '12/08004500, !12/0806, -', outputs: 3 }),
  ],
});
