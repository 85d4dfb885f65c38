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
  /** Whether it names all that no other filter does. */
  readonly all: boolean;
}

const frame = ethernet.make({});

function readFilter(text: string): { value: Filter } | { error: string; click: string } {
  const [action, ...words] = text.trim().split(/\s+/);
  if (action === '') return { error: 'expected an action and aggregates', click: 'empty pattern %i' };
  const number = parseInteger(action!);
  const output = action === 'allow' ? 0 : action === 'drop' || action === 'deny' ? -1 : number;
  if (output === undefined || output < -1 || (number !== undefined && number < 0)) return { click: 'pattern %i: expected a port number', error: `expected an output, allow, drop or deny, got "${action}"` };
  const ranges: [number, number][] = [];
  for (const word of words) {
    const all = words.length === 1 && (word === 'all' || word === '-');
    const [low, high] = all ? [0, 0xffff_ffff] : bounds(word);
    if (low === undefined || high === undefined || low < 0 || Math.max(low, high) > 0xffff_ffff) return { click: `pattern %i: bad aggregate number '${word}'`, error: `expected aggregates such as 5 or 5-9, got "${word}"` };
    if (low <= high) ranges.push([low, high]);
  }
  return words.length === 0 ? { click: 'pattern %i has no aggregates', error: 'expected aggregates behind the action' } : { value: { output, ranges, all: words.length === 1 && (words[0] === 'all' || words[0] === '-') } };
}

function bounds(word: string): [number | undefined, number | undefined] {
  const match = /^([^-]+)(?:-([^-]+))?$/.exec(word);
  if (match === null) return [undefined, undefined];
  const low = parseInteger(match[1]!);
  return [low, match[2] === undefined ? low : parseInteger(match[2])];
}

/** Filters behind one for all others, and aggregates that another output has already. */
function warnOfDead(filters: readonly Filter[], outputs: number, warn: (message: string, item: number) => void): void {
  const before: { low: number; high: number; output: number }[] = [];
  let over = false;
  for (const [item, { output, ranges, all }] of filters.entries()) {
    if (over) warn(`pattern ${item} matches no packets`, item);
    const port = output < 0 ? outputs : output;
    if (!over && !all) {
      for (const [low, high] of ranges) {
        for (const other of before) {
          if (other.output === port) continue;
          for (let aggregate = Math.max(low, other.low); aggregate <= Math.min(high, other.high) && aggregate < low + TOLD_MAX; aggregate += 1) warn(`pattern ${item}: aggregate ${aggregate} already filtered to output ${other.output}`, item);
        }
        before.push({ low, high, output: port });
      }
    }
    over ||= all;
  }
}

/** Aggregates of one range that are told, at most. */
const TOLD_MAX = 65_536;

const filter = parsed<Filter>('filter', { doc: 'ACTION AGGREGATES, such as 0 1-9 or deny all.' }, readFilter, ({ output, ranges }) =>
  `${output < 0 ? 'drop' : output} ${ranges.map(([low, high]) => `${low}-${high}`).join(' ')}`);

export default defineElement({
  name: 'AggregateFilter',
  config: { filters: rest(filter, { max: 65_536 }) },
  ports: {
    inputs: { in: push('Packets with an aggregate annotation.') },
    outputs: push(many('Packets that a filter sends there.', { min: 1, max: 254 })),
  },
  drops: { filtered: 'A filter says so, or none names the packet.' },
  build({ config, outputs, warn }) {
    warnOfDead(config.filters, outputs.length, (message, item) => warn(message, undefined, { argument: 'filters', item }, message));
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
