/** Arguments by name, as YAML has them, in Click's notation. */
import type { ConfigSpec } from '../kit/config.js';
import { quote } from '../kit/quoting.js';
import { splitText } from './click-arguments.js';

interface Entry {
  readonly key: { readonly value: string };
  readonly value: { readonly value: unknown };
}

/** `KEYWORD value`, but for lists, which stand at the end by position. */
export function mapArguments(entries: readonly Entry[], config: ConfigSpec): string[] {
  const keywords: string[] = [];
  const rest: string[] = [];
  for (const { key, value } of entries) {
    const kind = config[key.value] ?? config[key.value.toLowerCase()];
    const items = Array.isArray(value.value) ? value.value : [value.value];
    // One by one: a list may have more items than a call has room for arguments.
    if (kind?.rest === true) for (const item of items) rest.push(argumentText(item));
    else keywords.push(`${key.value.toUpperCase()} ${items.map(argumentText).join(' ')}`);
  }
  return [...keywords, ...rest];
}

/** What would be several arguments, or none, is quoted. */
function argumentText(value: unknown): string {
  const text = String(value);
  return splitText(text).length === 1 && splitText(text)[0] === text ? text : quote(text);
}
