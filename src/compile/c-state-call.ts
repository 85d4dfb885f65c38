/** C for what elements ask of their tables, queues and lists. */
import type { Span } from '../diagnostics.js';
import { asType, expressionText } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { Surroundings } from './c-surroundings.js';
import type { StateCall } from './ir.js';

/** The call; its result, if it has one, goes to the variable `result`. */
export function stateCallText(lines: Lines, call: StateCall, result: string | undefined, around: Surroundings, at: Span): void {
  const entry = around.entry(call.entry);
  const value = (() => {
    switch (call.name) {
      case 'find':
      case 'insert':
      case 'victim': {
        const key = call.key.map((part) => expressionText(part, around)).join(', ');
        const hint = around.hint(call);
        return hint === undefined || around.small ? `${entry}_${call.name}${around.small && call.name !== 'victim' ? '_apart' : ''}(${key})` : `${entry}_${call.name}_seen(${hint}[wl_batch_index], ${key})`;
      }
      case 'remove':
        return `wl_table_remove(&${entry}.table, ${entry}.tags, ${asType(call.slot, 'uint32_t', around)})`;
      case 'occupied':
        return `${entry}.tags[${expressionText(call.slot, around)}] != 0`;
      case 'table-length':
        return `${entry}.table.used`;
      case 'table-evictions':
        return `(int64_t)${entry}.table.evictions`;
      case 'queue-length':
      case 'lists-length':
        return `${entry}.length`;
      case 'queue-full':
        return `wl_queue_full(&${entry})`;
      case 'lists-full':
        return `wl_lists_full(&${entry})`;
      case 'list-count':
        return `${entry}.lists[${expressionText(call.list, around)}].length`;
    }
  })();
  lines.add(result === undefined ? `${value};` : `${result} = ${value};`, at);
}
