/** What is known of the queues near an element. */
import type { NearQueues } from '../../kit/element.js';
import type { Instance } from '../../graph/graph.js';

/** Room where there is no queue. */
const NO_QUEUE = 0xffff_ffff;

/** `queueOf`: the state of one of them. */
export function nearQueues(queues: NonNullable<Instance['queues']>, queueOf: (instance: number, entry: string) => { readonly length: number; readonly capacity: number }): NearQueues {
  return {
    get length() {
      return queues.reduce((sum, { instance, entry }) => sum + queueOf(instance, entry).length, 0);
    },
    get room() {
      const free = ({ length, capacity }: { readonly length: number; readonly capacity: number }) => Math.max(0, capacity - length);
      return queues.length === 0 ? NO_QUEUE : queues.reduce((sum, { instance, entry }) => sum + free(queueOf(instance, entry)), 0);
    },
  };
}
