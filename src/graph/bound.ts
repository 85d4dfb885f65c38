/** Instances on their way through the check: their class, then arguments, then ports. */
import type { ClickWords, Diagnostics, Span } from '../diagnostics.js';
import type { ExpandedInstance } from './expanded.js';
import type { LoadedElement } from './registry.js';

export interface BoundInstance {
  readonly index: number;
  readonly expanded: ExpandedInstance;
  readonly element: LoadedElement;
}

/** Reports something about an instance, with the places where the compounds around it are used. */
export function reportAt(diagnostics: Diagnostics, code: string, { within }: ExpandedInstance, span: Span, message: string, hint?: string, click?: ClickWords): void {
  const related = [...within].reverse().map((place) => ({ message: 'in the compound element used here', span: place }));
  diagnostics.error(code, span, message, hint, related.length > 0 ? related : undefined, click);
}

/** What Click says of an element that it cannot configure. */
export function whileConfiguring({ expanded, element }: BoundInstance, text: string): ClickWords {
  return { text, configuring: `${expanded.name} :: ${element.class.name}`, span: expanded.span };
}

/** What Click says of an element as a whole; `#` stands for it. */
export function ofElement({ expanded, element }: BoundInstance, text: string): ClickWords {
  return { text: text.replace('#', `'${expanded.name} :: ${element.class.name}'`), span: expanded.span };
}

/** An element as messages name it. */
export function nameOf({ expanded, element }: BoundInstance): string {
  return /@\d+$/.test(expanded.localName) ? `the ${element.class.name}` : `"${expanded.localName}"`;
}
