/**
 * Stores packets: those of the first input leave in order of arrival, those of the second before all others, the
 * latest first.
 *
 * When it is full, a packet at the first input leaves by the second output, or is dropped where nothing is connected
 * there; one at the second input drives out the packet that would have waited longest.
 */
import { defineElement, ethernet, example, kept, optional, packetQueue, pull, push, register, u32 } from 'wirelet';
import { capacity, countOverflow, declaration, notifierHandlers, takeCapacity, takeOverFirst } from './queue-handlers.js';

const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'MixedQueue',
  config: { capacity },
  ports: {
    inputs: { fifo: push('Packets to store behind all others.'), lifo: push('Packets to store before all others.') },
    outputs: { out: pull('Packets.'), full: optional(push('Packets for which there was no room.')) },
  },
  counters: { drops: 'Packets for which there was no room.' },
  storage: 'packets',
  split: 'each',
  state: ({ config }) => ({ packets: packetQueue(config.capacity), highwater: register('u32') }),
  build: (context) => ({ declared: declaration(context, 'MixedQueue') }),
  process(packet, context) {
    const { state, outputs, port, emit } = context;
    if (state.packets.full) {
      countOverflow(context);
      if (port === 0) return outputs.full;
      const last = state.packets.dequeueLast();
      if (last === null) return outputs.full;
      emit(outputs.full, last);
    }
    if (port === 0) state.packets.enqueue(packet);
    else state.packets.enqueueFirst(packet);
    if (state.packets.length > state.highwater) state.highwater = u32(state.packets.length);
    return kept;
  },
  pull: ({ state }) => state.packets.dequeue(),
  handlers: notifierHandlers,
  reconfigurable: takeCapacity,
  takeOver: takeOverFirst,
  examples: [
    // The first packet has left already when the others come.
    example(
      'lets the latest of the second input go first',
      [a, b, { ...c, input: 1 }, d, { ...e, input: 1 }],
      { out: [a, e, c, b, d] },
      { outputs: 1, after: 'DelayUnqueue(1ms)' },
    ),
    example('drops from the first input when it is full', [a, b, c], { out: [a, b], drop: 'full' }, { config: '1', outputs: 1, after: 'DelayUnqueue(1ms)' }),
    example('makes room for the second input', [a, b, { ...c, input: 1 }], { out: [a, c], drop: 'full' }, { config: '1', outputs: 1, after: 'DelayUnqueue(1ms)' }),
  ],
});
