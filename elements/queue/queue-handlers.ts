/** Handlers that all queues have. */
import { counterHandler, integerValue, type HandlerContext, type QueueSpec, type RegisterSpec } from 'wirelet';

/** Packets that a queue may hold at most. */
export const CAPACITY_MAX = 1_048_576;

type Queueing = HandlerContext<any, 'drops', { packets: QueueSpec; highwater: RegisterSpec }>;

/** Gives the queue the capacity among its arguments. */
export function takeCapacity({ config, state }: Queueing): void {
  state.packets.resize(config.capacity);
}

export const queueHandlers = {
  length: { doc: 'Packets held now.', read: ({ state }: Queueing) => String(state.packets.length) },
  highwater_length: { doc: 'Most packets that were ever held.', read: ({ state }: Queueing) => String(state.highwater) },
  capacity: {
    doc: 'Packets held at most.',
    read: ({ state }: Queueing) => String(state.packets.capacity),
    write: ({ state, replace }: Queueing, value: string) => {
      const capacity = integerValue(value, 1, CAPACITY_MAX);
      replace('capacity', capacity);
      state.packets.resize(capacity);
    },
  },
  drops: counterHandler('drops', 'Packets for which there was no room.'),
  reset_counts: {
    doc: 'Forgets the drops and the most that was held.',
    write({ state, counters }: Queueing) {
      counters.drops.value = 0;
      state.highwater = 0;
    },
  },
  reset: {
    doc: 'Empties the queue.',
    write({ state }: Queueing) {
      for (let left = state.packets.length; left > 0; left -= 1) state.packets.dequeue();
    },
  },
};

/** Those of queues that tell others whether they hold packets. */
export const notifierHandlers = {
  ...queueHandlers,
  notifier_state: { doc: 'What it tells those who pull from it: on while it holds packets.', read: ({ state }: Queueing) => `empty notifier ${state.packets.length > 0 ? 'on' : 'off'}` },
};
