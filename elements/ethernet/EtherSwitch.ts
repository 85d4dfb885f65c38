/**
 * Learning Ethernet switch (IEEE 802.1D, clause 7). Frames that arrive on input N come from segment N; the
 * switch remembers which segment each source address was last seen on, sends frames for a known address to
 * its segment only, and floods the rest, group addresses included, to every segment but the one of origin.
 *
 * Connect input N and output N to the same segment. Addresses age out after TIMEOUT; with 0 none are learned.
 */
import { defineElement, drop, ethernet, example, integer, many, push, sameAsInputs } from 'wirelet';
import { learnedTable, learnedTimeout, timeoutArgument } from './learned-table.js';
import { hostsTable, learn, seenAt, segmentOf, splitStations } from './learning.js';

const first = ethernet.make({ source: 2, destination: 4 });
const back = ethernet.make({ source: 4, destination: 2 });
const fromGroup = ethernet.make({ source: 0x0100_0000_0001, destination: 2 });
const toGroup = ethernet.make({ source: 2, destination: 0x0100_0000_0001 });

export default defineElement({
  name: 'EtherSwitch',
  config: {
    timeout: timeoutArgument,
    addresses: integer({ default: 4096, min: 1, max: 2 ** 21, keyword: true, doc: 'Addresses remembered at once.' }),
  },
  ports: {
    inputs: push(many('Frames from segment N.', { min: 1, max: 255 })),
    outputs: push(sameAsInputs('Frames for segment N.')),
  },
  counters: {
    frames_flooded: 'Frames sent to every other segment.',
    addresses_moved: 'Addresses that appeared on another segment than before.',
  },
  drops: { same_segment: 'Frames whose destination is on the segment they came from.' },
  split: splitStations,
  state: ({ config, inputs }) => ({ hosts: hostsTable(config.addresses, inputs.length) }),
  // Under Click's driver a frame's own time counts, as it does for Click; where frames are received that is the time now.
  build: ({ chatter }) => ({ stamped: chatter !== '' }),
  process(packet, { config, built, state, counters, outputs, port, clock, emitCopy }) {
    const { hosts } = state;
    const header = ethernet.at(packet);
    const now = built.stamped ? seenAt(packet) : clock.microseconds;
    let segment = -1;
    if (config.timeout !== 0) {
      if (learn(hosts, header.source, port, now)) counters.addresses_moved.add(1);
      segment = segmentOf(hosts, header.destination, config.timeout, now);
    }
    if (segment >= 0) return segment === port ? drop('same_segment') : outputs[segment];
    counters.frames_flooded.add(1);
    // From the last segment to the first. All but the last of these get a copy; that one gets the frame itself.
    const last = port === 0 ? 1 : 0;
    for (let index = 1; index < outputs.length; index += 1) {
      const other = outputs.length - index;
      if (other !== port && other > last) emitCopy(outputs[other]!, packet);
    }
    return last < outputs.length ? outputs[last]! : drop('same_segment');
  },
  learn(packet, { state, port, clock }) {
    learn(state.hosts, ethernet.at(packet).source, port, clock.microseconds);
  },
  handlers: {
    table: learnedTable,
    timeout: learnedTimeout,
  },
  examples: [
    example('floods frames for addresses that it has not seen', first, { 1: first, 2: first }, { inputs: 3, outputs: 3, counters: { frames_flooded: 1 } }),
    example('keeps frames on the segment where both hosts are', [first, back], { 1: first, 2: first, drop: 'same_segment' }, { inputs: 3, outputs: 3 }),
    example('learns nothing without a time for it', [first, { ...back, input: 1 }], { 0: back, 1: first, 2: [first, back] }, { config: 'TIMEOUT 0', inputs: 3, outputs: 3 }),
    example('never learns a group address', [fromGroup, toGroup], { 1: [fromGroup, toGroup] }, { inputs: 2, outputs: 2 }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }, { inputs: 2, outputs: 2 }),
  ],
});
