/** An entry under `elements:`: `filter: { type: IPFilter, rules: [...] }` or `filter: IPFilter(...)`. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { parseClick } from './click-parser.js';
import { entryOf, plainValue, type MapEntry, type ScalarNode } from './document.js';
import type { ArgumentEntry, Arguments, Located } from './graph.js';

export interface ElementEntry {
  readonly class: Located<string>;
  readonly arguments: Arguments;
}

/** The class and arguments of an entry; undefined when it has not the shape of one. */
export function readElement({ value }: MapEntry, diagnostics: Diagnostics): ElementEntry | undefined {
  if (value.kind === 'scalar') return typeof value.value === 'string' ? classText(value, diagnostics) : undefined;
  if (value.kind === 'list') return undefined;
  const type = entryOf(value, 'type')?.value;
  if (type?.kind !== 'scalar' || typeof type.value !== 'string') return undefined;
  const written = classText(type, diagnostics);
  const entries = value.entries.filter(({ key }) => key.value !== 'type').map(argumentEntry);
  if (written.arguments.form === 'click' && written.arguments.list.length > 0) {
    if (entries.length > 0) mixedArguments(entries, diagnostics);
    return written;
  }
  return { class: written.class, arguments: { form: 'map', entries, span: value.span } };
}

function mixedArguments(entries: readonly ArgumentEntry[], diagnostics: Diagnostics): void {
  const [first] = entries;
  diagnostics.error(
    'WL1243',
    first!.key.span,
    'the arguments stand in parentheses after the type already',
    'Write all of them by name, or all of them in parentheses.',
  );
}

function argumentEntry({ key, value }: MapEntry): ArgumentEntry {
  const items = value.kind === 'list' ? value.items.map(({ span }) => span) : undefined;
  return { key, value: { value: plainValue(value), span: value.span }, items };
}

/** An element of which nothing could be read; what is wrong with it was reported already. */
export function unreadElement(span: Span): ElementEntry {
  return { class: { value: UNREAD_CLASS, span }, arguments: { form: 'click', list: [], span } };
}

/** Class of elements whose class could not be read. */
export const UNREAD_CLASS = '';

/** `Class` or `Class(arguments)`. */
function classText(node: ScalarNode, diagnostics: Diagnostics): ElementEntry {
  const placed = node.placed();
  const before = diagnostics.list.length;
  const [statement, ...more] = parseClick(placed, diagnostics);
  const item = statement?.kind === 'chain' && statement.steps.length === 1 ? statement.steps[0]![0] : undefined;
  const target = item?.target;
  const plain = target?.kind === 'name' && target.class === undefined && item?.dotted === undefined && more.length === 0;
  if (!plain) {
    if (diagnostics.list.length === before) {
      const hint = 'Arrows stand under `graph:`. Several arguments can be given by name: { type: Queue, capacity: 100 }';
      diagnostics.error('WL1021', node.span, `expected a class such as Queue or Queue(100), not ${JSON.stringify(String(node.value))}`, hint);
    }
    return unreadElement(node.span);
  }
  const { name, configuration } = target;
  const span = configuration?.span ?? { ...name.span, start: name.span.end };
  return { class: name, arguments: { form: 'click', list: configuration?.list ?? [], span } };
}
