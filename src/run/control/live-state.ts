/** What the elements of a running appliance know, to be taken from it and given to another. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { Manifest } from '../../image/manifest.js';
import { compareState, giveState, readState, takeState, type ApplianceState, type TransferReport } from './element-state.js';
import type { LiveMemory } from './live-memory.js';

export class LiveState {
  constructor(private readonly graph: CheckedGraph, private readonly manifest: Manifest, private readonly memory: LiveMemory) {}

  /** All of it, at one instant between two rounds. Throws HandlerError when the appliance does not answer. */
  take(): ApplianceState {
    return takeState(this.graph, this.manifest, this.memory);
  }

  /** What is left in an appliance that ended in the middle of a round. */
  remains(): ApplianceState {
    return readState(this.graph, this.manifest, this.memory);
  }

  /** What would become of that state here. */
  fit(state: ApplianceState): TransferReport {
    return compareState(state, this.graph, this.manifest);
  }

  /** Elements take over what fits them. */
  give(state: ApplianceState): TransferReport {
    return giveState(state, this.graph, this.manifest, this.memory);
  }

  /** Keeps the appliance between two rounds for so many milliseconds, 10,000 at most, or until release(). */
  hold(milliseconds: number): void {
    this.memory.hold(milliseconds);
  }

  release(): void {
    this.memory.release();
  }
}
