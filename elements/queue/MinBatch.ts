/**
 * Keeps packets until there are BURST of them, and then pushes them on, one behind the other: what comes behind has them together. With TIMER they wait no longer
 * than until nothing came for so long; without, as long as it takes.
 */
import { defineElement, ethernet, example, integer, kept, packetQueue, push } from 'wirelet';

const BURST_MAX = 65_536;
const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source })) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

export default defineElement({
  name: 'MinBatch',
  config: {
    burst: integer({ default: 32, max: BURST_MAX, doc: 'Packets that are pushed on together.' }),
    timer: integer({ default: -1, min: -1, max: 0x7fff_ffff, doc: 'How long fewer wait, in microseconds, from the one that came last; -1: until there are enough.' }),
  },
  ports: { inputs: { in: push('Packets.') }, outputs: { out: push('The same packets, in order.') } },
  state: ({ config }) => ({ held: packetQueue(Math.max(1, config.burst - 1)) }),
  process(packet, { config, state, outputs, timers, emit }) {
    if (state.held.length + 1 < config.burst && !state.held.full) {
      state.held.enqueue(packet);
      if (config.timer >= 0) timers.late.after(config.timer);
      return kept;
    }
    if (config.timer >= 0) timers.late.cancel();
    for (let count = 0; count < BURST_MAX; count += 1) {
      const first = state.held.dequeue();
      if (first === null) break;
      emit(outputs.out, first);
    }
    return outputs.out;
  },
  timers: {
    late({ state, outputs, emit }) {
      for (let count = 0; count < BURST_MAX; count += 1) {
        const first = state.held.dequeue();
        if (first === null) break;
        emit(outputs.out, first);
      }
    },
  },
  examples: [
    example('keeps packets until there are enough', [a, b, c], { out: [a, b] }, { config: '2' }),
    example('lets fewer go when nothing came for a while', [a, b], { out: [a, b] }, { config: '3, 100' }),
    example('keeps nothing where one is enough', [a, b], { out: [a, b] }, { config: '1' }),
  ],
});
