/** What an element on the control side asks the AggregateIPFlows that its argument NOTIFIER names. */
import type { ControlHost } from 'wirelet';

/** Gives the numbers of the flows that have ended since it was called the last time; without a name, none. */
export function endedFlows(host: ControlHost, notifier: string): () => readonly number[] {
  let count = 0;
  return () => {
    if (notifier === '') return [];
    const [now, ...numbers] = host.read(`${notifier}.ended ${count}`).trim().split(' ').map(Number);
    count = now!;
    return numbers;
  };
}
