/** An instance's TypeScript beside the C that came of it, for `wirelet explain --element NAME`. */
import { readFileSync } from 'node:fs';
import type { Instance } from '../graph/graph.js';
import { GENERATED_FILE } from './c-lines.js';
import { prefixOf } from './c-names.js';
import type { Lowered } from './lowered.js';

export interface ListingLine {
  /** File and line of the TypeScript; absent for C that stands for no line of it. */
  readonly file?: string;
  readonly line?: number;
  readonly typescript?: string;
  readonly c: readonly string[];
}

export interface Listing {
  readonly element: string;
  readonly class: string;
  /** The functions of the instance, in the order of the unit. */
  readonly functions: readonly { readonly name: string; readonly lines: readonly ListingLine[] }[];
}

/** The listing of one instance. `find` gives the text of a source by the name that `#line` calls it. */
export function listing(lowered: Lowered, instance: Instance, find: (file: string) => string): Listing {
  const prefix = prefixOf(instance);
  const functions: { name: string; lines: ListingLine[] }[] = [];
  const texts = new Map<string, string[]>();
  let place: { file: string; line: number } | undefined;
  let current: { name: string; lines: (ListingLine & { c: string[] })[] } | undefined;
  for (const row of lowered.source('').split('\n')) {
    const directive = /^#line (\d+) "(.*)"$/.exec(row);
    if (directive !== null) {
      place = directive[2] === GENERATED_FILE ? undefined : { line: Number(directive[1]), file: directive[2]! };
      continue;
    }
    const head = /^static [^;=]*?\b(e\d+_\w+)\([^;]*\) \{$/.exec(row);
    if (head !== null && head[1]!.startsWith(`${prefix}_`)) {
      current = { name: head[1]!, lines: [] };
      functions.push(current);
      place = undefined;
    }
    if (current === undefined) continue;
    const last = current.lines.at(-1);
    if (last !== undefined && last.file === place?.file && last.line === place?.line) last.c.push(row);
    else current.lines.push({ ...place, typescript: place && textOf(place, texts, find), c: [row] });
    if (row === '}') current = undefined;
  }
  return { element: instance.name, class: instance.class.name, functions };
}

function textOf(place: { file: string; line: number }, texts: Map<string, string[]>, find: (file: string) => string): string {
  let lines = texts.get(place.file);
  if (lines === undefined) texts.set(place.file, (lines = find(place.file).split('\n')));
  return lines[place.line - 1] ?? '';
}

/** The listing as text: TypeScript on the left of `|`, the C below it. */
export function formatListing({ element, class: type, functions }: Listing): string {
  const parts = [`${element} :: ${type}`];
  for (const { name, lines } of functions) {
    parts.push('', `${name}:`);
    let shown: string | undefined;
    for (const { file, line, typescript, c } of lines) {
      const at = file === undefined ? undefined : `${file}:${line}`;
      if (at !== undefined && at !== shown) parts.push(`${at.padEnd(34)} ${typescript!.trim()}`);
      shown = at ?? shown;
      for (const row of c) parts.push(`    | ${row}`);
    }
  }
  return parts.join('\n');
}

/** Reads a source by the name that messages call it, relative to the package or to where the user is. */
export function readShown(root: string): (file: string) => string {
  return (file) => {
    for (const candidate of [`${root}/${file}`, file]) {
      try {
        return readFileSync(candidate, 'utf8');
      } catch {
        // The other place.
      }
    }
    return '';
  };
}
