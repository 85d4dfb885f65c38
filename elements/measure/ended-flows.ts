/** Aggregates that have ended: who numbers them remembers the last of them, and who was told of it by the argument NOTIFIER asks for them. */
import { array, register, u32, type ControlHost, type HandlerContext, type StateValues } from 'wirelet';

/** Ended aggregates whose numbers are remembered. */
export const ENDED = 1024;
/** Classes that have the handler `ended`. */
const NOTIFIERS = new Set(['AggregateIPFlows', 'AggregateIPAddrPair']);

export function endedState(remembered = ENDED) {
  return { ended: array('u32', remembered), ended_count: register('u32') };
}

export type EndedState = StateValues<ReturnType<typeof endedState>>;

/** Remembers that an aggregate has ended. */
export function noteEnded(state: EndedState, number: number): void {
  state.ended[state.ended_count % state.ended.length] = u32(number);
  state.ended_count = u32(state.ended_count + 1);
}

// ---- Node ------------------------------------------------------------------------------------------------

/** How many have ended, and the numbers of those since there were `count`, as far as they are remembered: a line. */
export function endedSince({ state }: HandlerContext<any, any, any>, count: number): string {
  const { ended, ended_count: now } = state as EndedState;
  const since = Math.min((now - count) >>> 0, ended.length);
  return [now, ...Array.from({ length: since }, (_, index) => ended[(now - since + index) % ended.length]!)].join(' ');
}

/** How many have ended by now, and the numbers of those since there were `count`. */
export function endedOf(line: string): { readonly count: number; readonly numbers: readonly number[] } {
  const [count = 0, ...numbers] = line.trim().split(' ').map(Number);
  return { count, numbers };
}

/** For an element on the control side: gives the numbers of those that have ended since it was called the last time; without a name, none. */
export function endedFlows(host: ControlHost, notifier: string): () => readonly number[] {
  let known = 0;
  return () => {
    if (notifier === '') return [];
    const { count, numbers } = endedOf(host.read(`${notifier}.ended ${known}`));
    known = count;
    return numbers;
  };
}

interface Building {
  readonly elements: { named(name: string): { readonly className: string } | undefined };
  fail(message: string, hint?: string, click?: string): never;
}

/** Refuses an argument NOTIFIER that names no element, or one that tells of no aggregates. */
export function checkNotifier(name: string, { elements, fail }: Building): void {
  if (name === '') return;
  const found = elements.named(name);
  if (found === undefined) return fail(`there is no element named ${name}`, undefined, 'NOTIFIER: does not name an element');
  if (!NOTIFIERS.has(found.className)) fail(`${name} tells of no aggregates`, undefined, `${name} is not an AggregateNotifier`);
}
