/** Instances on their way through the check: their class, then arguments, then ports. */
import type { Diagnostics, Span } from '../diagnostics.js';
import type { ExpandedInstance } from './expanded.js';
import type { LoadedElement } from './registry.js';

export interface BoundInstance {
  readonly index: number;
  readonly expanded: ExpandedInstance;
  readonly element: LoadedElement;
}

/** Reports something about an instance, with the places where the compounds around it are used. */
export function reportAt(diagnostics: Diagnostics, code: string, { within }: ExpandedInstance, span: Span, message: string, hint?: string): void {
  const related = [...within].reverse().map((place) => ({ message: 'in the compound element used here', span: place }));
  diagnostics.error(code, span, message, hint, related.length > 0 ? related : undefined);
}

/** An element as messages name it. */
export function nameOf({ expanded, element }: BoundInstance): string {
  return /@\d+$/.test(expanded.localName) ? `the ${element.class.name}` : `"${expanded.localName}"`;
}
