/**
 * Learning Ethernet switch (IEEE 802.1D, clause 7). Frames that arrive on input N come from segment N; the
 * switch remembers which segment each source address was last seen on, sends frames for a known address to
 * its segment only, and floods the rest, group addresses included, to every segment but the one of origin.
 *
 * Connect input N and output N to the same segment. Addresses age out after TIMEOUT.
 */
import { defineElement, drop, duration, ethernet, example, integer, many, push, sameAsInputs } from 'wirelet';
import { learnedTable } from './learned-table.js';
import { hostsTable, learn, segmentOf, splitStations } from './learning.js';

const first = ethernet.make({ source: 2, destination: 4 });
const back = ethernet.make({ source: 4, destination: 2 });
const fromGroup = ethernet.make({ source: 0x0100_0000_0001, destination: 2 });
const toGroup = ethernet.make({ source: 2, destination: 0x0100_0000_0001 });

export default defineElement({
  name: 'EtherSwitch',
  config: {
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which a learned address is forgotten; 0: never.' }),
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
  process(packet, { config, state, counters, outputs, port, clock, emitCopy }) {
    const { hosts } = state;
    const header = ethernet.at(packet);
    const now = clock.microseconds;
    if (learn(hosts, header.source, port, now)) counters.addresses_moved.add(1);
    const segment = segmentOf(hosts, header.destination, config.timeout, now);
    if (segment >= 0) return segment === port ? drop('same_segment') : outputs[segment];
    counters.frames_flooded.add(1);
    // All but the last of the others get a copy; the last gets the frame itself.
    const last = port === outputs.length - 1 ? outputs.length - 2 : outputs.length - 1;
    for (let other = 0; other < last; other += 1) {
      if (other !== port) emitCopy(outputs[other], packet);
    }
    return last < 0 ? drop('same_segment') : outputs[last];
  },
  learn(packet, { state, port, clock }) {
    learn(state.hosts, ethernet.at(packet).source, port, clock.microseconds);
  },
  handlers: {
    table: learnedTable,
    timeout: { doc: 'Age at which a learned address is forgotten, in seconds.', read: ({ config }) => String(config.timeout / 1e6), write: ({ reconfigure }, value) => reconfigure('timeout', value.trim()) },
  },
  examples: [
    example('floods frames for addresses that it has not seen', first, { 1: first, 2: first }, { inputs: 3, outputs: 3, counters: { frames_flooded: 1 } }),
    example('keeps frames on the segment where both hosts are', [first, back], { 1: first, 2: first, drop: 'same_segment' }, { inputs: 3, outputs: 3 }),
    example('never learns a group address', [fromGroup, toGroup], { 1: [fromGroup, toGroup] }, { inputs: 2, outputs: 2 }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }, { inputs: 2, outputs: 2 }),
  ],
});
