/**
 * What becomes of a packet. Every path through `process` returns exactly one verdict: an output, `kept`
 * for a packet that the element has stored or emitted, `consumed` for one that has served its purpose
 * here, or `drop` with a named reason. So no packet can leak or be sent twice.
 */
declare const verdictBrand: unique symbol;

/** Opaque to elements; made by `outputs`, `kept` and `drop` only. */
export interface Verdict {
  readonly [verdictBrand]: true;
}

export interface OutputVerdict extends Verdict {
  readonly kind: 'output';
  readonly index: number;
}
export interface DropVerdict extends Verdict {
  readonly kind: 'drop';
  readonly reason: string;
}
export interface KeptVerdict extends Verdict {
  readonly kind: 'kept';
}
export interface ConsumedVerdict extends Verdict {
  readonly kind: 'consumed';
}
export type AnyVerdict = OutputVerdict | DropVerdict | KeptVerdict | ConsumedVerdict;

const drops = new Map<string, Verdict>();

/** Drops the packet and counts it under `reason`, a literal in snake_case. */
export function drop(reason: string): Verdict {
  let verdict = drops.get(reason);
  if (verdict === undefined) {
    verdict = Object.freeze({ kind: 'drop', reason }) as unknown as Verdict;
    drops.set(reason, verdict);
  }
  return verdict;
}

/** The element has stored the packet in its state, or emitted it. */
export const kept: Verdict = Object.freeze({ kind: 'kept' }) as unknown as Verdict;

/** The packet ends here as it should, and is not counted as dropped: Discard, a reply that was awaited. */
export const consumed: Verdict = Object.freeze({ kind: 'consumed' }) as unknown as Verdict;

/** For engines: the verdict that sends a packet to output `index`. */
export function outputVerdict(index: number): Verdict {
  return Object.freeze({ kind: 'output', index }) as unknown as Verdict;
}
