/**
 * A YAML or JSON file as a tree of values that know their places: aliases followed, maps merged, included
 * files read. What the values mean is not decided here.
 */
import type { Span } from '../diagnostics.js';
import type { Located } from './graph.js';
import type { PlacedText } from './placed-text.js';

export type DocumentNode = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As the file has it: `0x10` and `1.50` are not yet 16 and 1.5. */
  readonly source: string;
  /** The text with the places of its characters; made when asked for. */
  placed(): PlacedText;
  readonly span: Span;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly DocumentNode[];
  readonly span: Span;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
  readonly span: Span;
}

export interface MapEntry {
  readonly key: Located<string>;
  readonly value: DocumentNode;
}

export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find((entry) => entry.key.value === key);
}

/** Whether the value is empty: `key:` and nothing after it. */
export function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A scalar as text: strings as they are, numbers and booleans as the file writes them. */
export function textOf(node: DocumentNode): Located<string> | undefined {
  if (node.kind !== 'scalar' || node.value === null) return undefined;
  const value = typeof node.value === 'string' ? node.value : node.source;
  return { value, span: node.span };
}

/** The plain value, as `JSON.parse` would give it. */
export function plainValue(node: DocumentNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(plainValue);
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.value, plainValue(value)]));
  }
}
