/** What the handler `program` shows is what the classifiers do: its steps, followed by hand, give the oracle's answers. */
import t from 'tap';
import { readBytePattern, type BytePattern } from '#src/kit/classify/byte-pattern.js';
import type { Expression } from '#src/kit/classify/expression.js';
import { readFilterRule, readIpPattern } from '#src/kit/classify/filter-rule.js';
import { bytePatternProgram, ipRulesProgram, programText, type WordProgram } from '#src/kit/classify/word-program.js';
import { randomRuleSet, randomSamples, SCOPE } from './fuzz.js';
import { marked } from './random-packets.js';
import type { Seen } from './random-rules.js';

const SETS = 300;
/** So many bytes hold every word that random rules look at. */
const WORDS_BYTES = 40;

function value<T>(parsed: { value: T } | { error: string }): T {
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.value;
}

const patternsOf = (texts: readonly string[]): BytePattern[] => texts.map((text) => value(readBytePattern(text)));
const classifier = (...texts: string[]) => programText(bytePatternProgram(patternsOf(texts)));
const ipClassifier = (...texts: string[]) => programText(ipRulesProgram(texts.map((text, index) => ({ condition: value(readIpPattern(text, SCOPE)).condition, class: index }))));
const ipFilter = (...texts: string[]) =>
  programText(ipRulesProgram(texts.map((text) => value(readFilterRule(text, SCOPE))).map(({ condition, output }) => ({ condition, class: output }))));

/** Steps cannot say that a word is there, whatever its value: as in Click, that is true of all packets. */
function asksForPresence(expression: Expression): boolean {
  if (expression.op === 'constant') return false;
  if (expression.op === 'test') return expression.low === 0 && expression.high >= expression.mask;
  return expression.op === 'not' ? asksForPresence(expression.of) : expression.of.some(asksForPresence);
}

/** Where a packet comes out; -1: it is dropped. */
function followed(program: WordProgram, seen: Seen, ip: boolean): number {
  let at = program.everything ?? 0;
  if (program.everything !== undefined) return at < -65_536 ? -1 : -at;
  do {
    const { offset, value: wanted, mask, yes, no, shortYes } = program.steps[at]!;
    const [bytes, from] = !ip ? [seen.data, offset] : offset >= 512 ? [seen.transport, offset - 512] : offset >= 256 ? [seen.network, offset - 256] : [seen.mac, offset - 2];
    let same = true;
    let missing = false;
    for (let index = 0; index < 4; index += 1) {
      const bits = (mask >>> (24 - 8 * index)) & 0xff;
      if (bits === 0) continue;
      const byte = bytes[from + index];
      if (byte === undefined) missing = true;
      else if ((byte & bits) !== ((wanted >>> (24 - 8 * index)) & 0xff)) same = false;
    }
    at = (missing ? shortYes : same) ? yes : no;
  } while (at > 0);
  return at < -65_536 ? -1 : -at;
}

t.test('the steps decide as the oracle does on random rules and packets', async (t) => {
  const begin = Number(process.env.WIRELET_SEED ?? Math.floor(Date.now() / 1000) % 1_000_000);
  t.comment(`seed ${begin}; again: WIRELET_SEED=${begin} npm test -- classify/word-program`);
  let compared = 0;
  for (let seed = begin; seed < begin + SETS; seed += 1) {
    const set = randomRuleSet(seed);
    if (set === undefined || (set.ip && set.rules.some(({ condition }) => asksForPresence(condition)))) continue;
    const program = set.ip ? ipRulesProgram(set.rules) : bytePatternProgram(patternsOf(set.texts));
    for (const { frame, network, transport } of randomSamples(seed, set.ip).slice(0, 100)) {
      const { seen } = marked(frame, network, transport);
      // A comparison of bytes that are there in part is decided by those that are there.
      if (set.ip && ((seen.transport.length > 0 && seen.transport.length < WORDS_BYTES) || seen.network.length < WORDS_BYTES)) continue;
      const [wanted, got] = [set.expected(seen), followed(program, seen, set.ip)];
      compared += 1;
      if (wanted === got) continue;
      t.fail(`seed ${seed}: the oracle says ${wanted}, the steps ${got}\n${Buffer.from(frame).toString('hex')} ${network} ${transport}\n${set.texts.join('\n')}\n${programText(program)}`);
      break;
    }
  }
  t.ok(compared > SETS * 5, `${compared} packets`);
});

t.test("Classifier's example in Click's manual has the program that stands there", async (t) => {
  t.equal(classifier('12/0806 20/0001', '12/0806 20/0002', '12/0800', '-'), [
    ' 0  12/08060000%ffff0000  yes->step 1  no->step 3',
    ' 1  20/00010000%ffff0000  yes->[0]  no->step 2',
    ' 2  20/00020000%ffff0000  yes->[1]  no->[3]',
    ' 3  12/08000000%ffff0000  yes->[2]  no->[3]',
    'safe length 22',
    'alignment offset 0',
    '',
  ].join('\n'));
});

t.test('what is known is not asked again, and tests of a word become one', async (t) => {
  t.equal(classifier('-'), 'all->[0]\nsafe length 0\nalignment offset 0\n');
  t.match(classifier('0/45', '0/4500 1/11', '-'), /^ 0 {3}0\/45000000%ff000000 {2}yes->\[0\] {2}no->\[2\]\n/);
  t.match(classifier('12/08 13/00'), /^ 0 {2}12\/08000000%ffff0000 {2}yes->\[0\] {2}no->\[X\]\n/);
  t.match(ipClassifier('tcp', 'udp', '-'), /^ 0 264\/00060000%00ff0000 {2}yes->\[0\] {2}no->step 1\n 1 264\/00110000%00ff0000 {2}yes->\[1\] {2}no->\[2\]\n/);
  t.match(ipFilter('deny all'), /^all->\[2147483647\]\n/);
  t.match(ipFilter('allow src port > 1023'), /512\/00000000%fc000000 {2}yes->\[X\] {2}no->\[0\] {2}short->yes\n/);
});
