/** test */
import { defineElement, drop, integer, kept, packetQueue, pull, push } from 'wirelet';

export default defineElement({
  name: 'Queue',
  config: { capacity: integer({ default: 1000, min: 1, max: 65_536, doc: 'Packets held at most.' }) },
  ports: { inputs: { in: push('Packets to store.') }, outputs: { out: pull('Packets in order of arrival.') } },
  counters: {},
  drops: { full: 'x' },
  state: ({ config }) => ({ packets: packetQueue(config.capacity) }),
  process(packet, { state }) {
    if (state.packets.full) return drop('full');
    state.packets.enqueue(packet);
    return kept;
  },
  pull: ({ state }) => state.packets.dequeue(),
});
