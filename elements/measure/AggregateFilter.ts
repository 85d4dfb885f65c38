/**
 * Sends packets where the first filter says that names their aggregate annotation: to an output, or nowhere. A packet that no
 * filter names is dropped.
 *
 * A filter is an output's number (one that is not connected drops packets), `allow` (output 0), `drop` or `deny`, then aggregates: numbers, ranges such as 5-9, or
 * `all`.
 */
import { ANNOTATIONS, defineElement, drop, ethernet, example, many, parsed, parseInteger, push, rest } from 'wirelet';

interface Filter {
  /** -1: nowhere. */
  readonly output: number;
  readonly ranges: readonly (readonly [number, number])[];
}

const frame = ethernet.make({});

function readFilter(text: string): { value: Filter } | { error: string; click: string } {
  const [action, ...words] = text.trim().split(/\s+/);
  if (action === '') return { error: 'expected an action and aggregates', click: 'empty pattern %i' };
  const number = parseInteger(action!);
  const output = action === 'allow' ? 0 : action === 'drop' || action === 'deny' ? -1 : number;
  if (output === undefined || output > 253) return { click: 'pattern %i: expected a port number', error: `expected an output, allow, drop or deny, got "${action}"` };
  const ranges: [number, number][] = [];
  for (const word of words) {
    const [low, high] = word === 'all' || word === '-' ? [0, 0xffff_ffff] : bounds(word);
    if (low === undefined || high === undefined || low > high || low < 0 || high > 0xffff_ffff) return { click: `pattern %i: bad aggregate number '${word}'`, error: `expected aggregates such as 5 or 5-9, got "${word}"` };
    ranges.push([low, high]);
  }
  return ranges.length === 0 ? { click: 'pattern %i has no aggregates', error: 'expected aggregates behind the action' } : { value: { output, ranges } };
}

function bounds(word: string): [number | undefined, number | undefined] {
  const match = /^([^-]+)(?:-([^-]+))?$/.exec(word);
  if (match === null) return [undefined, undefined];
  const low = parseInteger(match[1]!);
  return [low, match[2] === undefined ? low : parseInteger(match[2])];
}

const filter = parsed<Filter>('filter', { doc: 'ACTION AGGREGATES, such as 0 1-9 or deny all.' }, readFilter, ({ output, ranges }) =>
  `${output < 0 ? 'drop' : output} ${ranges.map(([low, high]) => `${low}-${high}`).join(' ')}`);

export default defineElement({
  name: 'AggregateFilter',
  config: { filters: rest(filter, { min: 1, max: 65_536 }) },
  ports: {
    inputs: { in: push('Packets with an aggregate annotation.') },
    outputs: push(many('Packets that a filter sends there.', { min: 1, max: 254 })),
  },
  drops: { filtered: 'A filter says so, or none names the packet.' },
  build({ config, outputs }) {
    const rows = config.filters.flatMap(({ output, ranges }) => ranges.map(([low, high]) => ({ output, low, high })));
    return { outputs: rows.map(({ output }) => (output < outputs.length ? output : -1)), lows: rows.map(({ low }) => low), highs: rows.map(({ high: top }) => top) };
  },
  process(packet, { built, outputs }) {
    const aggregate = packet.annotationU32(ANNOTATIONS.aggregate.offset);
    for (let index = 0; index < built.lows.length; index += 1) {
      if (aggregate < built.lows[index]! || aggregate > built.highs[index]!) continue;
      const output = built.outputs[index]!;
      if (output < 0 || output >= outputs.length) return drop('filtered');
      return outputs[output];
    }
    return drop('filtered');
  },
  examples: [
    example('sends packets by their aggregates', [{ ...frame, paint: 3 }, { ...frame, paint: 7 }, { ...frame, paint: 8 }], { 0: [frame], 1: [frame], drop: 'filtered' }, { config: 'allow 3, 1 5-7', before: 'AggregatePaint', outputs: 2 }),
    example('goes by the first filter', [{ ...frame, paint: 3 }, { ...frame, paint: 7 }], { 0: frame, drop: 'filtered' }, { config: 'deny 3, 0 all', before: 'AggregatePaint', outputs: 1 }),
  ],
});
