/** Figures of elements from an image's counters, by what its manifest says of them. */
import { readFigures } from '../compile/counter-table.js';
import type { Manifest } from '../image/manifest.js';
import { elementFigures, type ElementFigures } from './outcome.js';

export function figuresOf(manifest: Manifest, counters: ArrayLike<number>): Record<string, ElementFigures> {
  const { graph, outputs, counters: table } = manifest.internals;
  const instances = manifest.elements.map(({ name, class: type }, index) => ({ name, class: type, outputs: outputs[index]! }));
  return elementFigures({ instances }, readFigures({ instances: graph }, table, counters));
}
