/** What the elements of a running appliance know, to be taken from it and given to another. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import { compareStates, giveState, readState, type ApplianceState, type TransferReport } from './element-state.js';
import type { LiveMemory } from './live-memory.js';

export class LiveState {
  constructor(private readonly graph: CheckedGraph, private readonly manifest: Manifest, private readonly memory: LiveMemory, private readonly cores = 1) {}

  /** All of it, at one instant between two rounds. Throws HandlerError when the appliance does not answer. */
  take(): ApplianceState {
    return this.memory.atRest(() => this.remains());
  }

  /** What is left in an appliance that ended in the middle of a round. */
  remains(): ApplianceState {
    const [first, ...others] = Array.from({ length: this.cores }, (_, core) => readState(this.graph, this.manifest, this.memory.ofCore(core)));
    return others.length === 0 ? first! : { ...first!, others };
  }

  /** What would become of that state here. */
  fit(state: ApplianceState): TransferReport {
    return compareStates(state, this.graph, this.manifest, this.cores);
  }

  /** Elements take over what fits them. */
  give(state: ApplianceState): TransferReport {
    const report = this.fit(state);
    const taken = new Set(report.taken);
    const all = [state, ...(state.others ?? [])].slice(0, this.cores);
    this.memory.atRest(() => all.forEach((each, core) => giveState(each, taken, this.graph, this.manifest, this.memory.ofCore(core))));
    return report;
  }

  /** Keeps the appliance between two rounds for so many milliseconds, 10,000 at most, or until release(). */
  hold(milliseconds: number): void {
    this.memory.hold(milliseconds);
  }

  release(): void {
    this.memory.release();
  }
}
