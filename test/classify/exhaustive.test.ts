/** Every list of up to three rules of a small alphabet, on every packet that tells them apart: programs in Node and C decide as the first rule that matches. */
import t from 'tap';
import { buildProgram } from '#src/kit/classify/build.js';
import { coveredRules } from '#src/kit/classify/covered-rules.js';
import { deadRules } from '#src/kit/classify/dead-rules.js';
import type { Rule } from '#src/kit/classify/expression.js';
import { readFilterRule } from '#src/kit/classify/filter-rule.js';
import { classify } from '#src/kit/classify/program.js';
import { COMPILERS } from '../differential/replay.js';
import { compiledDiffers, SCOPE, type RuleSet, type Sample } from './fuzz.js';
import { marked } from './random-packets.js';

interface Meant {
  readonly protocol: number;
  readonly source: number;
  readonly port: number;
  readonly later: boolean;
}

const HOSTS = [0x0a00_0001, 0x0a00_0002, 0x0b00_0001];
const withPorts = ({ protocol, later }: Meant) => (protocol === 6 || protocol === 17) && !later;

/** What each rule means, said once more. */
const ALPHABET: readonly (readonly [string, (packet: Meant) => boolean])[] = [
  ['all', () => true],
  ['tcp', ({ protocol }) => protocol === 6],
  ['udp', ({ protocol }) => protocol === 17],
  ['not tcp', ({ protocol }) => protocol !== 6],
  ['src net 10.0.0.0/8', ({ source }) => source >>> 24 === 10],
  ['src host 10.0.0.1', ({ source }) => source === HOSTS[0]],
  ['dst port 53', (packet) => withPorts(packet) && packet.port === 53],
  ['dst udp port 53 or 80', (packet) => withPorts(packet) && packet.protocol === 17 && (packet.port === 53 || packet.port === 80)],
  ['ip frag', ({ later }) => later],
  ['src host 10.0.0.2 and not dst tcp port 80', (packet) => packet.source === HOSTS[1] && !(withPorts(packet) && packet.protocol === 6 && packet.port === 80)],
];

const PACKETS: readonly { readonly meant: Meant; readonly sample: Sample }[] = [1, 6, 17].flatMap((protocol) =>
  HOSTS.flatMap((source) => [53, 80, 99].flatMap((port) => [false, true].map((later) => ({ meant: { protocol, source, port, later }, sample: sampleOf({ protocol, source, port, later }) })))),
);

function sampleOf({ protocol, source, port, later }: Meant): Sample {
  const frame = new Uint8Array(60);
  const view = new DataView(frame.buffer);
  frame.set([0x45, 0, 0, 46], 14);
  view.setUint16(20, later ? 0x2001 : 0);
  frame[23] = protocol;
  view.setUint32(26, source);
  view.setUint16(36, port);
  return { frame, network: 14, transport: 34 };
}

const CONDITIONS = ALPHABET.map(([text]) => {
  const read = readFilterRule(`allow ${text}`, SCOPE);
  if ('error' in read) throw new Error(read.error);
  return read.value.condition;
});

const lists = (length: number): number[][] => (length === 0 ? [[]] : lists(length - 1).flatMap((list) => ALPHABET.map((_, letter) => [...list, letter])));
const rulesOf = (list: readonly number[]): Rule[] => list.map((letter, index) => ({ condition: CONDITIONS[letter]!, class: index }));
const firstOf = (list: readonly number[], packet: Meant) => list.findIndex((letter) => ALPHABET[letter]![1](packet));
const shown = (list: readonly number[]) => list.map((letter) => ALPHABET[letter]![0]).join(', ');

/** As code, as tables, and as lists of rules. */
const BUILDS = [{ networkBytes: 20 }, { networkBytes: 20, edgesMax: 80, listsFrom: 1, slotsFrom: 1 }];

function setOf(list: readonly number[], build: (typeof BUILDS)[number]): RuleSet {
  return { seed: 0, texts: list.map((letter) => ALPHABET[letter]![0]), ip: true, expected: () => -1, rules: rulesOf(list), program: buildProgram(rulesOf(list), list.length, build) };
}

const ALL = [1, 2, 3].flatMap(lists);

t.test(`${ALL.length} lists of rules, ${PACKETS.length} packets each: Node takes the first that matches`, async (t) => {
  let wrong = 0;
  for (const list of ALL) {
    for (const build of BUILDS) {
      const { program } = setOf(list, build);
      for (const { meant, sample } of PACKETS) {
        const wanted = firstOf(list, meant);
        const got = classify(program, marked(sample.frame, sample.network, sample.transport).packet);
        if (got !== wanted && (wrong += 1) <= 5) t.fail(`${shown(list)}: ${JSON.stringify(meant)} is ${got}, not ${wanted}`);
      }
    }
  }
  t.equal(wrong, 0);
});

t.test('rules that no packet reaches are told, and no others', async (t) => {
  let wrong = 0;
  for (const list of ALL) {
    const reached = new Set(PACKETS.map(({ meant }) => firstOf(list, meant)));
    const dead = list.flatMap((_, index) => (reached.has(index) ? [] : [index]));
    const told = deadRules(rulesOf(list), { networkBytes: 20 });
    const covered = coveredRules(rulesOf(list), 20);
    if ((told.join() !== dead.join() || covered.some((index) => !dead.includes(index))) && (wrong += 1) <= 5) t.fail(`${shown(list)}: ${told.join()} and ${covered.join()}, not ${dead.join()}`);
  }
  t.equal(wrong, 0);
});

t.test('in C they decide the same', { skip: COMPILERS.length === 0 ? 'no C compiler found: install gcc or clang' : false }, async (t) => {
  const sets = [1, 2].flatMap(lists).flatMap((list) => BUILDS.map((build) => setOf(list, build)));
  const samples = sets.map(() => PACKETS.map(({ sample }) => sample));
  t.same(compiledDiffers(sets, samples, COMPILERS[0]!), []);
});

t.test('of thousands of rules, those that an earlier one covers are told', async (t) => {
  const texts = Array.from({ length: 3000 }, (_, index) => `allow src host 10.0.${index >> 8}.${index & 255} and dst port ${index % 7}`);
  texts.splice(2000, 0, texts[17]!);
  texts.push('deny src net 10.0.0.0/8', 'allow src net 10.1.0.0/16', 'deny all', 'allow tcp and udp');
  const rules = texts.map((text, index) => {
    const read = readFilterRule(text, SCOPE);
    if ('error' in read) throw new Error(read.error);
    return { condition: read.value.condition, class: index };
  });
  t.same(deadRules(rules, { networkBytes: 20 }), [2000, 3002, 3004]);
});
