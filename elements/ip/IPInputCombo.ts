/**
 * Does at once what a router does with each frame that arrives: paints it, takes the Ethernet header off, checks the IP header and
 * makes its destination the destination annotation: Paint(COLOR) -> Strip(14) -> CheckIPHeader(...) -> GetIPAddress(16).
 *
 * Packets with a wrong header are dropped as `bad`, and counted by what is wrong.
 */
import { complainOnce, defineElement, drop, ethernet, example, integer, ipv4 } from 'wirelet';
import { checkCounters, checkHandlers, checkHeader, checkState, countWrong, sourceArguments, sourcesOf } from './header-check.js';

const packet = ipv4.make({ destination: 0x0a000009 }, new Uint8Array(8));
const padded = ethernet.make({}, Uint8Array.from([...packet.bytes, 0, 0, 0]));

export default defineElement({
  name: 'IPInputCombo',
  config: { color: integer({ max: 255, doc: 'The colour.' }), ...sourceArguments },
  ports: { inputs: { in: 'Ethernet frames with IPv4 packets.' }, outputs: { out: 'IPv4 packets with a right header.' } },
  counters: checkCounters,
  drops: { bad: 'The IP header is wrong.' },
  split: 'each',
  state: checkState,
  build: ({ config, chatter }) => ({ ...sourcesOf(config), chatter }),
  process(packet, { config, built, state, counters, outputs, log }) {
    packet.paint = config.color;
    packet.strip(ethernet.size);
    const header = checkHeader(packet, 0, true, built);
    if (header < 0) {
      countWrong(header, counters, log, state, '', false);
      if (built.chatter.length > 0) complainOnce(log, state, 'IP checksum failed');
      return drop('bad');
    }
    return outputs.out;
  },
  handlers: checkHandlers.handlers,
  examples: [
    example('leaves the packet', padded, { out: packet }, { config: '1' }),
    example('notes colour and destination', padded, { out: Uint8Array.from([10, 0, 0, 9, ...new Array<number>(12).fill(0), 7, ...packet.bytes]) }, { config: '7', after: 'ExampleAnnotations(0, 17)' }),
    example('drops what is wrong', [ethernet.make({}, ipv4.make({ checksum: 1 })), ethernet.make({}, ipv4.make({ version: 5 }))], { drop: ['bad', 'bad'] }, { config: '1', counters: { bad_checksum: 1, bad_version: 1 } }),
    example('drops sources that no host has', ethernet.make({}, ipv4.make({ source: 0x0a0000ff })), { drop: 'bad' }, { config: '1, INTERFACES 10.0.0.1/24', counters: { bad_source: 1 } }),
    example('drops what is shorter than a frame', new Uint8Array(13), { drop: 'short_packet' }, { config: '1' }),
  ],
});
