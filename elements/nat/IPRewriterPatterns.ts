/**
 * Gives names to patterns, which rewriters use as `pattern NAME FOUTPUT ROUTPUT`. Each argument is `NAME SADDR SPORT DADDR DPORT`, or
 * `NAME SADDR DADDR` for rewriters that leave ports alone.
 */
import { defineElement, example, parsed, rest, type ArgumentScope, type Parsed } from 'wirelet';
import { asElement, type Pattern, readPattern } from './pattern.js';

interface Named {
  readonly name: string;
  readonly pattern: Pattern;
  readonly text: string;
}

function readNamed(text: string, scope: ArgumentScope): Parsed<Named> {
  const [name = '', ...words] = text.trim().split(/\s+/);
  if (words.length < 2 || words.length > 4) {
    const click = words.length === 1 ? `no such pattern '${words[0]}'` : 'syntax error';
    return { click, error: `expected NAME SADDR SPORT DADDR DPORT or NAME SADDR DADDR, got "${text}"`, hint: 'For example: out 192.0.2.1 1024-65535 - -' };
  }
  const pattern = readPattern(words, scope, text);
  return 'error' in pattern ? pattern : { value: { name, pattern: pattern.value, text } };
}

export default defineElement({
  name: 'IPRewriterPatterns',
  config: { patterns: rest(parsed<Named>('named pattern', { doc: 'NAME SADDR SPORT DADDR DPORT.' }, (text, scope) => asElement(readNamed(text, scope)), ({ text }) => text), { doc: 'Patterns and their names.' }) },
  ports: {},
  build({ config, elements, fail }) {
    const all = elements.ofClass('IPRewriterPatterns').map((element) => element.config as typeof config | undefined);
    const before = all.slice(0, all.indexOf(config)).flatMap((other) => other?.patterns ?? []);
    const again = config.patterns.filter(({ name }, number) => [...before, ...config.patterns.slice(0, number)].some((other) => other.name === name));
    if (again.length > 0) fail(again.map((pattern) => `there are two patterns "${pattern.name}"`).join('; '), undefined, again.map((pattern) => `pattern '${pattern.name}' already defined`).join('\n'));
    return undefined;
  },
  examples: [example('is there for rewriters', [], {}, { config: 'out 192.0.2.1 1024-65535# - -, there 10.0.0.0/24 -' })],
});
