/** First in, first out: what the queues that differ only in how they tell others of their state are made of. */
import { defineElement, ethernet, example, kept, optional, packetQueue, pull, push, register, u32 } from 'wirelet';
import { capacity, countOverflow, declaration, notifierHandlers, takeCapacity, takeOverFirst, type queueHandlers } from './queue-handlers.js';

const [first, second, third] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

interface Differences {
  readonly handlers?: typeof queueHandlers;
  /** What its class says of itself. */
  readonly warning?: string;
  /** Sources stop while it is full. */
  readonly tellsRoom?: boolean;
}

/** A queue with the name of a class of Click's. */
export function fifoQueue(name: string, { handlers = notifierHandlers, warning = '', tellsRoom = false }: Differences = {}) {
  return defineElement({
    name,
    config: { capacity },
    ports: {
      inputs: { in: push('Packets to store.') },
      outputs: { out: pull('Packets in order of arrival.'), full: optional(push('Packets for which there was no room.')) },
    },
    counters: { drops: 'Packets for which there was no room.' },
    storage: 'packets',
    tellsRoom,
    split: 'each',
    state: ({ config }) => ({ packets: packetQueue(config.capacity), highwater: register('u32') }),
    build(context) {
      if (warning !== '') context.warn(warning, undefined, undefined, warning);
      return { declared: declaration(context, name) };
    },
    process(packet, context) {
      const { state, outputs } = context;
      if (state.packets.full) {
        countOverflow(context);
        return outputs.full;
      }
      state.packets.enqueue(packet);
      if (state.packets.length > state.highwater) state.highwater = u32(state.packets.length);
      return kept;
    },
    pull: ({ state }) => state.packets.dequeue(),
    handlers,
    reconfigurable: takeCapacity,
    takeOver: takeOverFirst,
    examples: [
      example('keeps the order', [first, second], { out: [first, second] }),
      example('drops what comes when it is full', [first, second, third], { out: [first, second], drop: 'full' }, { config: '1', outputs: 1, after: 'DelayUnqueue(1ms)', counters: { drops: 1 } }),
      example('lets what has no room leave by the second output', [first, second, third], { out: [first, second], full: third }, { config: '1', after: 'DelayUnqueue(1ms)' }),
      example('holds nothing if it may hold none', first, { full: first }, { config: '0' }),
      example('holds as many as it may', [first, second, third], { out: [first, second, third] }, { config: '2', outputs: 1, after: 'DelayUnqueue(1ms)', counters: { drops: 0 } }),
    ],
  });
}
