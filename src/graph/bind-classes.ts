/** Finds the class of each instance. */
import type { Diagnostics } from '../diagnostics.js';
import { absentClass } from './absent-classes.js';
import { reportAt, type BoundInstance } from './bound.js';
import { UNREAD_CLASS } from './element-entry.js';
import type { ExpandedInstance } from './expanded.js';
import { informationClasses } from './information-elements.js';
import type { Registry } from './registry.js';
import { nearest, suggestion } from '../suggest.js';

/** The instances whose class is known; of the others it is said why not. */
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
    else if (registry.file(expanded.className) === undefined) explainUnknown(expanded, instances, registry, diagnostics);
  }
  return bound;
}

function explainUnknown(expanded: ExpandedInstance, instances: readonly ExpandedInstance[], registry: Registry, diagnostics: Diagnostics): void {
  const { className, classSpan, bare } = expanded;
  const misnamed = registry.misnamed(className);
  if (misnamed !== undefined) {
    reportAt(diagnostics, 'WL1220', expanded, classSpan, `no file is named ${className}.ts`, `${misnamed.shownAs} defines it: rename that file to ${className}.ts.`);
    return;
  }
  const absent = absentClass(className);
  if (absent !== undefined) {
    const text = `element class '${className}' ${absent.reason}`;
    reportAt(diagnostics, 'WL1220', expanded, classSpan, `there is no element class "${className}": it ${absent.reason}`, absent.instead, { text });
    return;
  }
  const classes = [...registry.names(), ...informationClasses];
  // Click takes any name that is used in an arrow and declared nowhere for an element.
  const text = expanded.anonymous ? `undeclared element '${className}'` : `unknown element class '${className}'`;
  if (!bare) {
    const hint = suggestion(className, classes) ?? 'wirelet elements lists the classes there are.';
    reportAt(diagnostics, 'WL1220', expanded, classSpan, `there is no element class "${className}"`, hint, { text });
    return;
  }
  const names = instances.filter((other) => !other.bare).map(({ localName }) => localName);
  const near = nearest(className, [...names, ...classes]);
  const hint = near === undefined ? 'Declare it before, or write its class: name :: Class(arguments).' : `Did you mean "${near}"?`;
  reportAt(diagnostics, 'WL1220', expanded, classSpan, `there is no element, interface or class "${className}"`, hint, { text });
}
