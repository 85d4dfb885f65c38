/**
 * An EtherSwitch with one output more: the last one gets a copy of every frame, wherever else it goes.
 *
 * Connect input N and output N to the same segment, the last output to who listens. It knows no more than EtherSwitch.
 */
import { defineElement, drop, duration, ethernet, example, integer, many, push } from 'wirelet';
import { learnedTable } from './learned-table.js';
import { hostsTable, learn, segmentOf, splitStations } from './learning.js';

const first = ethernet.make({ source: 2, destination: 4 });
const back = ethernet.make({ source: 4, destination: 2 });

export default defineElement({
  name: 'ListenEtherSwitch',
  config: {
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which a learned address is forgotten; 0: never.' }),
    addresses: integer({ default: 4096, min: 1, max: 2 ** 21, keyword: true, doc: 'Addresses remembered at once.' }),
  },
  ports: {
    inputs: push(many('Frames from segment N.', { min: 1, max: 254 })),
    outputs: push(many('Frames for segment N; by the last output all frames.', { min: 2, max: 255 })),
  },
  counters: { frames_flooded: 'Frames sent to every other segment.' },
  drops: { same_segment: 'Frames whose destination is on the segment they came from.' },
  split: splitStations,
  state: ({ config, inputs }) => ({ hosts: hostsTable(config.addresses, inputs.length) }),
  build({ inputs, outputs, fail }) {
    if (outputs.length !== inputs.length + 1) return fail(`it has ${inputs.length} inputs and needs ${inputs.length + 1} outputs, not ${outputs.length}`);
    return {};
  },
  process(packet, { config, state, counters, outputs, port, clock, emitCopy }) {
    const { hosts } = state;
    const header = ethernet.at(packet);
    const now = clock.microseconds;
    const listener = outputs.length - 1;
    emitCopy(outputs[listener]!, packet);
    learn(hosts, header.source, port, now);
    const segment = segmentOf(hosts, header.destination, config.timeout, now);
    if (segment >= 0) return segment === port ? drop('same_segment') : outputs[segment]!;
    counters.frames_flooded.add(1);
    const last = port === listener - 1 ? listener - 2 : listener - 1;
    for (let other = 0; other < last; other += 1) {
      if (other !== port) emitCopy(outputs[other]!, packet);
    }
    return last < 0 ? drop('same_segment') : outputs[last]!;
  },
  learn(packet, { state, port, clock }) {
    learn(state.hosts, ethernet.at(packet).source, port, clock.microseconds);
  },
  handlers: {
    table: learnedTable,
    timeout: { doc: 'Age at which a learned address is forgotten, in seconds.', read: ({ config }) => String(config.timeout / 1e6), write: ({ reconfigure }, value) => reconfigure('timeout', value.trim()) },
  },
  examples: [
    example('lets the last output listen', [first, { ...back, input: 1 }], { 0: { ...back }, 1: first, 2: [first, back] }, { inputs: 2, outputs: 3, counters: { frames_flooded: 1 } }),
    example('floods frames for addresses that it has not seen', first, { 1: first, 2: first, 3: first }, { inputs: 3, outputs: 4 }),
    example('lets it listen to what stays on a segment', [first, back], { 1: first, 2: [first, back], drop: 'same_segment' }, { inputs: 2, outputs: 3 }),
  ],
});
