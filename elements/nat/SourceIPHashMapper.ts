/**
 * Lets a rewriter choose the pattern by the source address: all flows of a host go to the same server. A rewriter whose input is the name
 * of this element balances load that way.
 *
 * The first argument is `NODES SEED`: the points that each server has on the circle, and where these lie. The others are patterns with
 * their outputs and the number of the server. When a server comes or goes, only the hosts near its points go elsewhere.
 */
import { defineElement, example, parsed, parseInteger, rest, type ArgumentScope, type Parsed } from 'wirelet';
import { POINTS_MAX } from './source-hash.js';
import type { Circle, Server } from './hashing.js';
import { asElement } from './pattern.js';
import { readMapping } from './read-specification.js';

function readServer(text: string, scope: ArgumentScope): Parsed<Server> {
  const words = text.trim().split(/\s+/);
  const id = parseInteger(words.pop() ?? '');
  if (words.length === 0 || id === undefined || id < 0 || id > 65_535) return { click: 'bad server ID in pattern spec', error: `expected a pattern, its outputs and a server number from 0 to 65535, got "${text}"`, hint: 'For example: - - 10.0.0.1 - 0 1 7' };
  const specification = readMapping(words, scope, text);
  return 'error' in specification ? specification : { value: { specification: specification.value, id } };
}

function readCircle(text: string): Parsed<Circle> {
  const words = text.trim().split(/\s+/);
  const [nodes, seed] = words.map(parseInteger);
  const error = `expected from 1 to 4096 points for each server, and a seed, got "${text}"`;
  if (words.length !== 2) return { click: 'requires 2 config params: numnodes seed', error };
  if (nodes === undefined || nodes < 1 || nodes > 4096) return { click: 'number of nodes must be an integer', error };
  return seed === undefined ? { click: 'hash seed must be an integer', error } : { value: { nodes, seed: seed | 0 } };
}

export default defineElement({
  name: 'SourceIPHashMapper',
  config: {
    circle: parsed<Circle>('NODES SEED', { required: false, doc: 'Points of each server, and a seed.' }, (text) => asElement(readCircle(text)), ({ nodes, seed }) => `${nodes} ${seed}`),
    servers: rest(parsed<Server>('server', { doc: 'A pattern, its outputs, and the number of the server.' }, (text, scope) => asElement(readServer(text, scope)), ({ specification }) => specification.text), { max: 1024, doc: 'The servers.' }),
  },
  ports: {},
  build({ config, fail, warn }) {
    if (config.circle === undefined) return fail('it has no NODES SEED', undefined, 'no hash seed given');
    if (config.servers.length === 0) return fail('it has no servers', 'Write for each SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT ID.', 'no patterns given');
    if (config.servers.length === 1) warn('there is only one server', undefined, undefined, 'only one pattern given');
    if (config.servers.length * config.circle.nodes > POINTS_MAX) fail(`there are more than ${POINTS_MAX} points`);
    if (new Set(config.servers.map(({ id }) => id)).size < config.servers.length) fail('two servers have the same number');
    return undefined;
  },
  examples: [example('is there for rewriters', [], {}, { config: '64 1, - - 10.0.0.1 - 0 1 1, - - 10.0.0.2 - 0 1 2' })],
});
