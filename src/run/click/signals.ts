/** What signals to the process do: they end the run, unless scripts wait for them. */

const ENDING = ['SIGINT', 'SIGTERM'] as const;

/** Reacts to a signal; whether it did. */
type Reaction = () => boolean;

export class Signals {
  private readonly waiting = new Map<string, { readonly reactions: Reaction[]; readonly dispatch: () => void }>();
  private readonly ending = new Map<string, () => void>();

  /** `stop` ends the run; a second such signal ends the process. */
  constructor(stop: () => void) {
    for (const signal of ENDING) {
      this.ending.set(signal, stop);
      process.once(signal, stop);
    }
  }

  /**
   * Has `react` called at the next such signal, once; what is returned calls that off. A signal that somebody waited for is left to the process's default
   * from then on, as Click leaves it, and so is one at which all refused.
   */
  await(signal: string, react: Reaction): () => void {
    this.leave(signal);
    const { reactions, dispatch } = this.waiting.get(signal) ?? this.begin(signal);
    if (reactions.length === 0) process.on(signal, dispatch);
    reactions.push(react);
    return () => {
      const index = reactions.indexOf(react);
      if (index >= 0) reactions.splice(index, 1);
      if (reactions.length === 0) process.removeListener(signal, dispatch);
    };
  }

  private begin(signal: string) {
    const reactions: Reaction[] = [];
    const dispatch = () => {
      process.removeListener(signal, dispatch);
      const handled = reactions.splice(0).map((react) => react());
      if (!handled.includes(true)) process.kill(process.pid, signal);
    };
    const entry = { reactions, dispatch };
    this.waiting.set(signal, entry);
    return entry;
  }

  private leave(signal: string): void {
    const stop = this.ending.get(signal);
    if (stop !== undefined) process.removeListener(signal, stop);
  }

  close(): void {
    for (const signal of ENDING) this.leave(signal);
    for (const [signal, { dispatch }] of this.waiting) process.removeListener(signal, dispatch);
  }
}
