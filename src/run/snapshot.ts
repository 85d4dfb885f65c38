/** The figures of an appliance at one moment of its run. */
import type { BootFigures, ElementFigures, MemoryFigures, PortFigures } from './outcome.js';

export interface Snapshot {
  readonly ports: Readonly<Record<string, PortFigures>>;
  readonly elements: Readonly<Record<string, ElementFigures>>;
  readonly boot: BootFigures;
  readonly memory: MemoryFigures;
}
