/** Handlers that all queues have. */
import { counterHandler, type HandlerContext, type QueueSpec, type RegisterSpec } from 'wirelet';

type Queueing = HandlerContext<any, 'drops', { packets: QueueSpec; highwater: RegisterSpec }>;

export const queueHandlers = {
  length: { doc: 'Packets held now.', read: ({ state }: Queueing) => String(state.packets.length) },
  highwater_length: { doc: 'Most packets that were ever held.', read: ({ state }: Queueing) => String(state.highwater) },
  capacity: { doc: 'Packets held at most.', read: ({ config }: Queueing) => String(config.capacity) },
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
