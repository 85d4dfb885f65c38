/**
 * Lets a rewriter take the first of its patterns for the first new flow, the second for the second, and so on: a rewriter whose input is
 * the name of this element balances load that way. A pattern that has no free port is passed over.
 */
import { defineElement, example, parsed, register, rest } from 'wirelet';
import { asElement } from './pattern.js';
import { readMapping } from './read-specification.js';
import type { Specification } from './specification.js';

const pattern = parsed<Specification>('pattern', { doc: 'SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT, or NAME FOUTPUT ROUTPUT.' }, (text, scope) => asElement(readMapping(text.trim().split(/\s+/), scope, text)), ({ text }) => text);

export default defineElement({
  name: 'RoundRobinIPMapper',
  config: { patterns: rest(pattern, { max: 1024, doc: 'What flows become, in turn.' }) },
  ports: {},
  state: { turn: register({ low: 0, high: 1023 }) },
  build({ config, fail, warn }) {
    if (config.patterns.length === 0) fail('it has no patterns', 'Write for each SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT.', 'no patterns given');
    if (config.patterns.length === 1) warn('there is only one pattern', undefined, undefined, 'only one pattern given');
    return undefined;
  },
  examples: [example('is there for rewriters', [], {}, { config: '- - 10.0.0.1 - 0 1, - - 10.0.0.2 - 0 1' })],
});
