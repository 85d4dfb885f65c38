/**
 * An EtherSwitch with one output more: the last one gets a copy of every frame, wherever else it goes.
 *
 * Connect input N and output N to the same segment, the last output to who listens. It knows no more than EtherSwitch.
 */
import { consumed, defineElement, ethernet, example, integer, many, push } from 'wirelet';
import { learnedTable, learnedTimeout, timeoutArgument } from './learned-table.js';
import { hostsTable, learn, seenAt, segmentOf, splitStations } from './learning.js';

const first = ethernet.make({ source: 2, destination: 4 });
const back = ethernet.make({ source: 4, destination: 2 });

export default defineElement({
  name: 'ListenEtherSwitch',
  config: {
    timeout: timeoutArgument,
    addresses: integer({ default: 4096, min: 1, max: 2 ** 21, keyword: true, doc: 'Addresses remembered at once.' }),
  },
  ports: {
    inputs: push(many('Frames from segment N.', { min: 1, max: 254 })),
    outputs: push(many('Frames for segment N; by the last output all frames.', { min: 2, max: 255 })),
  },
  counters: { frames_flooded: 'Frames sent to every other segment.' },
  split: splitStations,
  state: ({ config, inputs }) => ({ hosts: hostsTable(config.addresses, inputs.length) }),
  build({ inputs, outputs, chatter, fail }) {
    if (outputs.length !== inputs.length + 1) return fail(`it has ${inputs.length} inputs and needs ${inputs.length + 1} outputs, not ${outputs.length}`);
    return { stamped: chatter !== '' };
  },
  process(packet, { config, built, state, counters, outputs, port, clock, emitCopy }) {
    const { hosts } = state;
    const header = ethernet.at(packet);
    const now = built.stamped ? seenAt(packet) : clock.microseconds;
    const listener = outputs.length - 1;
    let segment = -1;
    if (config.timeout !== 0) {
      learn(hosts, header.source, port, now);
      segment = segmentOf(hosts, header.destination, config.timeout, now);
    }
    // Who listens is first.
    emitCopy(outputs[listener]!, packet);
    if (segment >= 0) return segment === port ? consumed : outputs[segment]!;
    counters.frames_flooded.add(1);
    const last = port === 0 ? 1 : 0;
    for (let index = 1; index < listener; index += 1) {
      const other = listener - index;
      if (other !== port && other > last) emitCopy(outputs[other]!, packet);
    }
    return last < listener ? outputs[last]! : consumed;
  },
  learn(packet, { state, port, clock }) {
    learn(state.hosts, ethernet.at(packet).source, port, clock.microseconds);
  },
  handlers: {
    table: learnedTable,
    timeout: learnedTimeout,
  },
  examples: [
    example('lets the last output listen', [first, { ...back, input: 1 }], { 0: { ...back }, 1: first, 2: [first, back] }, { inputs: 2, outputs: 3, counters: { frames_flooded: 1 } }),
    example('floods frames for addresses that it has not seen', first, { 1: first, 2: first, 3: first }, { inputs: 3, outputs: 4 }),
    example('lets it listen to what stays on a segment', [first, back], { 1: first, 2: [first, back] }, { inputs: 2, outputs: 3 }),
  ],
});
