/** What all queues have: their capacity, handlers, and what they say when they are full for the first time. */
import { counterHandler, integer, type Counter, type HandlerContext, type Log, type QueueSpec, type RegisterSpec } from 'wirelet';

/** Packets that a queue may hold at most. */
const CAPACITY_MAX = 1_048_576;

/** The argument that all queues have. */
export const capacity = integer({ default: 1000, max: CAPACITY_MAX, doc: 'Packets held at most.' });

type Queueing = HandlerContext<any, 'drops', { packets: QueueSpec; highwater: RegisterSpec }>;

/** Gives the queue the capacity among its arguments; of packets that are too many, the last are dropped. */
export function takeCapacity({ config, state }: Queueing): void {
  state.packets.resize(config.capacity);
}

/** The same where the oldest packets give way. */
export function takeCapacityOfLatest({ config, state }: Queueing): void {
  for (let left = state.packets.length - config.capacity; left > 0; left -= 1) state.packets.dequeue();
  state.packets.resize(config.capacity);
}

/** Takes the packets of the queue before; those for which there is no room are gone, the last ones or, if `latest` is kept, the first. */
const takePackets = (latest: boolean) => ({ config, state, warn }: Queueing, { state: before }: Queueing): void => {
  const { length } = before.packets;
  const lost = Math.max(0, length - config.capacity);
  if (latest) for (let left = lost; left > 0; left -= 1) before.packets.dequeue();
  for (let left = length - lost; left > 0; left -= 1) {
    const packet = before.packets.dequeue();
    if (packet !== null) state.packets.enqueue(packet);
  }
  state.highwater = state.packets.length;
  if (lost > 0) warn(`some packets lost (old length ${length}, new capacity ${config.capacity})`);
};

export const takeOverFirst = takePackets(false);
export const takeOverLatest = takePackets(true);

/** The element as Click's driver names it where it speaks of its packets; empty where nobody reads that. */
export const declaration = ({ chatter }: { readonly chatter: string }, className: string): string => (chatter === '' ? '' : `${chatter} :: ${className}`);

interface Filling {
  readonly built: { readonly declared: string };
  readonly state: { readonly packets: { readonly length: number } };
  readonly counters: Readonly<Record<string, Counter>>;
  readonly log: Log;
}

/** Counts a packet for which there was no room. Of the first one people are told, but of a queue that has room for none. */
export function countOverflow({ built, state, counters, log }: Filling): void {
  if (built.declared.length > 0 && counters.drops!.low32 === 0 && state.packets.length > 0) {
    log.text(built.declared);
    log.text(': overflow');
    log.end();
  }
  counters.drops!.add(1);
}

/** `take`: how a queue takes another capacity. */
const handlersOf = (take: (element: Queueing) => void) => ({
  length: { doc: 'Packets held now.', read: ({ state }: Queueing) => String(state.packets.length) },
  highwater_length: { doc: 'Most packets that were ever held.', read: ({ state }: Queueing) => String(state.highwater) },
  capacity: {
    doc: 'Packets held at most.',
    calm: true,
    read: ({ state }: Queueing) => String(state.packets.capacity),
    write(element: Queueing, value: string) {
      element.reconfigure('capacity', value.trim());
      take(element);
    },
  },
  drops: counterHandler('drops', 'Packets for which there was no room.'),
  reset_counts: {
    doc: 'Forgets the drops, and the most that was held but for what is held now.',
    write({ state, counters }: Queueing) {
      counters.drops.value = 0;
      state.highwater = state.packets.length;
    },
  },
  reset: {
    doc: 'Empties the queue.',
    write({ state }: Queueing) {
      for (let left = state.packets.length; left > 0; left -= 1) state.packets.dequeue();
    },
  },
});

/** What a queue tells those who pull from it. */
const notifier = { notifier_state: { doc: 'What it tells those who pull from it: on while it holds packets.', read: ({ state }: Queueing) => `empty notifier ${state.packets.length > 0 ? 'on' : 'off'}` } };

export const queueHandlers = handlersOf(takeCapacity);

/** Those of queues that tell others whether they hold packets. */
export const notifierHandlers = { ...queueHandlers, ...notifier };

/** The same where the oldest packets give way. */
export const latestHandlers = { ...handlersOf(takeCapacityOfLatest), ...notifier };
