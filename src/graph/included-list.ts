/** A list kept in a text file of its own, as `!include rules.txt` names it: one item a line. */
import type { SourceText } from '../diagnostics.js';
import type { ListNode, ScalarNode } from './document.js';
import { PlacedText } from './placed-text.js';

/** Items are trimmed lines; empty lines, and what follows a `#` at a line's begin or after a blank, count for nothing. */
export function includedList(source: SourceText): ListNode {
  const items: ScalarNode[] = [];
  for (let number = 1, start = 0; number <= source.lineCount; number += 1) {
    const line = source.line(number);
    const item = line.replace(/(^|\s)#.*$/, '').trim();
    if (item !== '') {
      const from = start + line.indexOf(item);
      const span = source.span(from, from + item.length);
      items.push({
        kind: 'scalar',
        value: item,
        source: item,
        span,
        placed: () => PlacedText.slice(source, span.start, span.end),
      });
    }
    start = source.text.indexOf('\n', start) + 1;
  }
  return { kind: 'list', items, span: source.span(0, 0) };
}
