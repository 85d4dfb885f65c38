/** Where an exception of an element's code was thrown, in its TypeScript. */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SourceText, type Span } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';

/** Frames looked at, from the innermost out. */
const FRAMES_MAX = 30;

/**
 * The innermost place of `error` that lies in an element's own file, or in one it imports: not in the kit.
 * Undefined when the error has no such place.
 */
export function placeOfError(error: unknown): Span | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frames = stack.matchAll(/(?:\(|at )(?:async )?((?:file:\/\/)?\/[^()\n]+?):(\d+):(\d+)\)?$/gm);
  let count = 0;
  for (const [, location, line, column] of frames) {
    count += 1;
    if (count > FRAMES_MAX) return undefined;
    const span = original(location!, Number(line), Number(column));
    if (span !== undefined) return span;
  }
  return undefined;
}

function original(location: string, line: number, column: number): Span | undefined {
  try {
    const file = location.startsWith('file:') ? fileURLToPath(location) : location;
    if (file.endsWith('.ts')) return spanIn(file, line, column);
    const payload = sourceMapOf(file);
    if (payload === undefined) return undefined;
    const entry = new SourceMap(payload).findEntry(line - 1, column - 1);
    if (!('originalSource' in entry)) return undefined;
    const source = entry.originalSource.startsWith('file:')
      ? fileURLToPath(entry.originalSource)
      : path.resolve(path.dirname(file), entry.originalSource);
    return spanIn(source, entry.originalLine + 1, entry.originalColumn + 1);
  } catch {
    return undefined;
  }
}

function sourceMapOf(file: string): SourceMapPayload | undefined {
  const text = readFileSync(file, 'utf8');
  const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(text)?.[1];
  if (url === undefined) return undefined;
  const inline = /^data:application\/json;base64,(.*)$/.exec(url)?.[1];
  const json = inline === undefined ? readFileSync(path.resolve(path.dirname(file), url), 'utf8') : Buffer.from(inline, 'base64').toString();
  return JSON.parse(json) as SourceMapPayload;
}

function spanIn(file: string, line: number, column: number): Span | undefined {
  const inKit = path.relative(path.join(packageRoot, 'src'), file);
  if (!inKit.startsWith('..') || !existsSync(file)) return undefined;
  const source = new SourceText(shownPath(file), readFileSync(file, 'utf8'));
  if (line > source.lineCount) return undefined;
  const start = offsetOf(source, line) + column - 1;
  const word = /^[\w$]+/.exec(source.text.slice(start, start + 100))?.[0] ?? ' ';
  return source.span(start, start + word.length);
}

function offsetOf(source: SourceText, line: number): number {
  let start = 0;
  for (let number = 1; number < line; number += 1) start = source.text.indexOf('\n', start) + 1;
  return start;
}

/** A path as people would write it from where they are. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
