/**
 * Stores packets, first in first out, between elements that push and elements that pull. When it is full, the
 * packet that arrives is dropped.
 */
import { defineElement, drop, ethernet, example, integer, kept, packetQueue, pull, push, register, u32 } from 'wirelet';

export default defineElement({
  name: 'Queue',
  config: { capacity: integer({ default: 1000, min: 1, max: 65_536, doc: 'Packets held at most.' }) },
  ports: { inputs: { in: push('Packets to store.') }, outputs: { out: pull('Packets in order of arrival.') } },
  drops: { full: 'The queue was full.' },
  state: ({ config }) => ({ packets: packetQueue(config.capacity), highwater: register('u32') }),
  process(packet, { state }) {
    if (state.packets.full) return drop('full');
    state.packets.enqueue(packet);
    if (state.packets.length > state.highwater) state.highwater = u32(state.packets.length);
    return kept;
  },
  pull: ({ state }) => state.packets.dequeue(),
  handlers: {
    length: { doc: 'Packets held now.', read: ({ state }) => String(state.packets.length) },
    highwater_length: { doc: 'Most packets that were ever held.', read: ({ state }) => String(state.highwater) },
    capacity: { doc: 'Packets held at most.', read: ({ config }) => String(config.capacity) },
  },
  examples: [example('keeps the order', [ethernet.make({ source: 1 }), ethernet.make({ source: 2 })], { out: [ethernet.make({ source: 1 }), ethernet.make({ source: 2 })] })],
});
