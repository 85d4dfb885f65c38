/** Finds the class of each instance. */
import type { Diagnostics } from '../diagnostics.js';
import { reportAt, type BoundInstance } from './bound.js';
import { UNREAD_CLASS } from './element-entry.js';
import type { ExpandedInstance } from './expanded.js';
import type { Registry } from './registry.js';

/** The instances whose class is known; what is wrong with the others is reported where their classes are named. */
export async function bindClasses(instances: readonly ExpandedInstance[], registry: Registry, diagnostics: Diagnostics): Promise<BoundInstance[]> {
  const bound: BoundInstance[] = [];
  for (const expanded of instances) {
    if (expanded.className === UNREAD_CLASS) continue;
    if (/^[A-Z]/.test(expanded.localName) && registry.file(expanded.localName) !== undefined) {
      const { localName, span } = expanded;
      reportAt(diagnostics, 'WL1023', expanded, span, `"${localName}" is an element class; an element cannot have that name`, 'Begin it with a small letter.', { text: `class '${localName}' used as element name` });
    }
    const element = await registry.load(expanded.className);
    if (element !== undefined) bound.push({ index: bound.length, expanded, element });
  }
  return bound;
}
