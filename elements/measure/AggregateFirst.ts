/**
 * Passes the first packet with each aggregate annotation; all others leave by the second output or, where nothing is
 * connected, are dropped.
 *
 * It remembers CAPACITY aggregates; when it has no room for another one, that one's packets are taken for later ones.
 */
import { ANNOTATIONS, defineElement, ethernet, example, integer, optional, push, table, text } from 'wirelet';
import { checkNotifier } from './ended-flows.js';

const frame = ethernet.make({});

export default defineElement({
  name: 'AggregateFirst',
  config: {
    notifier: text({ default: '', keyword: true, doc: 'Accepted for compatibility: an AggregateIPFlows gives no number twice.' }),
    capacity: integer({ default: 65_536, min: 1, max: 4_194_304, keyword: true, doc: 'Aggregates that are remembered.' }),
  },
  ports: { inputs: { in: 'Packets with an aggregate annotation.' }, outputs: { out: 'First packets.', later: optional(push('All others.')) } },
  counters: { aggregates: 'Aggregates that were seen.', no_room: 'Packets of aggregates for which there was no room.' },
  state: ({ config }) => ({ seen: table({ key: { aggregate: 'u32' }, fields: {}, capacity: config.capacity }) }),
  build: (context) => checkNotifier(context.config.notifier, context),
  process(packet, { state, counters, outputs }) {
    const aggregate = packet.annotationU32(ANNOTATIONS.aggregate.offset);
    if (state.seen.find(aggregate) >= 0) return outputs.later;
    if (state.seen.insert(aggregate) < 0) {
      counters.no_room.add(1);
      return outputs.later;
    }
    counters.aggregates.add(1);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Aggregates that were seen.', read: ({ counters }) => String(counters.aggregates.value) },
  },
  examples: [
    example('passes the first of each', [{ ...frame, paint: 3 }, { ...frame, paint: 7 }, { ...frame, paint: 3 }, frame], { out: [frame, frame, frame], later: frame }, { before: 'AggregatePaint', counters: { aggregates: 3 } }),
    example('drops others when nothing takes them', [frame, frame], { out: frame, drop: 'later' }, { outputs: 1 }),
  ],
});
