/**
 * Stores packets, first in first out. When it is full, the oldest packet makes room for the one that arrives: it
 * leaves by the second output or, where nothing is connected there, is dropped.
 */
import { defineElement, ethernet, example, kept, optional, packetQueue, pull, push, register, u32 } from 'wirelet';
import { capacity, countOverflow, declaration, latestHandlers, takeCapacityOfLatest, takeOverLatest } from './queue-handlers.js';

const [first, second, third] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'FrontDropQueue',
  config: { capacity },
  ports: {
    inputs: { in: push('Packets to store.') },
    outputs: { out: pull('Packets in order of arrival.'), full: optional(push('The oldest packets, when there was no room.')) },
  },
  counters: { drops: 'Packets that had to make room.' },
  storage: 'packets',
  split: 'each',
  state: ({ config }) => ({ packets: packetQueue(config.capacity), highwater: register('u32') }),
  build: (context) => ({ declared: declaration(context, 'FrontDropQueue') }),
  process(packet, context) {
    const { state, outputs, emit } = context;
    if (state.packets.full) {
      countOverflow(context);
      const oldest = state.packets.dequeue();
      if (oldest === null) return outputs.full;
      emit(outputs.full, oldest);
    }
    state.packets.enqueue(packet);
    if (state.packets.length > state.highwater) state.highwater = u32(state.packets.length);
    return kept;
  },
  pull: ({ state }) => state.packets.dequeue(),
  handlers: latestHandlers,
  reconfigurable: takeCapacityOfLatest,
  takeOver: takeOverLatest,
  examples: [
    example('keeps the order', [first, second], { out: [first, second] }),
    example('drops the oldest when it is full', [first, second, third], { out: [first, third], drop: 'full' }, { config: '1', outputs: 1, after: 'DelayUnqueue(1ms)', counters: { drops: 1 } }),
  ],
});
