/**
 * Stores packets that are pushed to it and pushes them on in a task of its own, as it does between threads in FastClick: what is behind it works on packets
 * later than what is before it. When it is full, packets are dropped, or leave by the second output.
 */
import { bool, booleanHandler, counterHandler, defineElement, ethernet, example, flag, integer, kept, optional, packetQueue, push } from 'wirelet';

const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;
/** Packets pushed on in one round, at most. */
const BURST_MAX = 32;

export default defineElement({
  name: 'Pipeliner',
  config: {
    capacity: integer({ default: 1024, min: 1, max: 65_536, doc: 'Packets held at most.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it pushes packets on.' }),
  },
  ports: { inputs: { in: push('Packets.') }, outputs: { out: push('The same packets, later.'), full: optional(push('Packets for which there was no room.')) } },
  counters: { dropped: 'Packets for which there was no room.' },
  endsLoops: 'Packets wait in it; a task of its own pushes them on.',
  storage: 'packets',
  state: ({ config }) => ({ packets: packetQueue(config.capacity), active: flag(config.active) }),
  process(packet, { state, counters, outputs }) {
    if (state.packets.full) {
      counters.dropped.add(1);
      return outputs.full;
    }
    state.packets.enqueue(packet);
    return kept;
  },
  run({ state, outputs, emit }) {
    if (!state.active) return false;
    let worked = false;
    for (let count = 0; count < BURST_MAX; count += 1) {
      const packet = state.packets.dequeue();
      if (packet === null) break;
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: {
    dropped: counterHandler('dropped', 'Packets for which there was no room.'),
    length: { doc: 'Packets held now.', read: ({ state }) => String(state.packets.length) },
    active: booleanHandler('active', 'Whether it pushes packets on.'),
  },
  examples: [
    example('pushes packets on', [a, b, c], { out: [a, b, c] }),
    example('drops what it has no room for', [a, b], { drop: ['full'] }, { config: '1, ACTIVE false', outputs: 1, counters: { dropped: 1 } }),
  ],
});
