/** What became of an appliance in whose place another one has come, in words. */
import type { SwapReport } from '../site/swap.js';

export function reportText({ name, pid, pause_ms, taken, misfits, fresh, gone, held }: SwapReport): string {
  const list = (title: string, items: readonly string[]) => (items.length === 0 ? [] : [`${title}: ${items.join(', ')}`]);
  return [
    `${name} runs as process ${pid ?? '-'}; packets waited for ${pause_ms.toFixed(1)} ms`,
    ...list('go on with what they knew', taken),
    ...misfits.map(({ element, reason }) => `begins anew: ${element}: ${reason}`),
    ...list('are new', fresh),
    ...list('are not there any more', gone),
    ...held.map(({ element, packets }) => `${packets} packets that waited in ${element} are gone`),
  ].join('\n');
}
