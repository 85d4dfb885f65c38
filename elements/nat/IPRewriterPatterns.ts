/**
 * Gives names to patterns, which rewriters use as `pattern NAME FOUTPUT ROUTPUT`. Each argument is `NAME SADDR SPORT DADDR DPORT`, or
 * `NAME SADDR DADDR` for rewriters that leave ports alone.
 */
import { defineElement, example, parsed, rest, type ArgumentScope, type Parsed } from 'wirelet';
import { type Pattern, readPattern } from './pattern.js';

interface Named {
  readonly name: string;
  readonly pattern: Pattern;
  readonly text: string;
}

function readNamed(text: string, scope: ArgumentScope): Parsed<Named> {
  const [name, ...words] = text.trim().split(/\s+/);
  if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) return { error: `expected a name and a pattern, got "${text}"`, hint: 'For example: out 192.0.2.1 1024-65535 - -' };
  if (words.length < 2 || words.length > 4) return { error: `expected NAME SADDR SPORT DADDR DPORT or NAME SADDR DADDR, got "${text}"` };
  const pattern = readPattern(words, scope, text);
  return 'error' in pattern ? pattern : { value: { name, pattern: pattern.value, text } };
}

export default defineElement({
  name: 'IPRewriterPatterns',
  config: { patterns: rest(parsed<Named>('named pattern', { doc: 'NAME SADDR SPORT DADDR DPORT.' }, readNamed, ({ text }) => text), { doc: 'Patterns and their names.' }) },
  ports: {},
  build({ config, elements, fail }) {
    const names = elements.ofClass('IPRewriterPatterns').flatMap(({ config: other }) => (other as typeof config | undefined)?.patterns ?? []).map(({ name }) => name);
    for (const { name } of config.patterns) if (names.filter((other) => other === name).length > 1) fail(`there are two patterns "${name}"`);
    return undefined;
  },
  examples: [example('is there for rewriters', [], {}, { config: 'out 192.0.2.1 1024-65535# - -, there 10.0.0.0/24 -' })],
});
