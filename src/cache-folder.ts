/** Where results are kept for the next time: `.wirelet/cache` in the working folder, or $WIRELET_CACHE. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const made = new Map<string, string>();

/**
 * The folder for one kind of results, made if need be. Where nothing can be written, a new folder for this
 * process alone: what is loaded from a cache must not come from a place that others can write to.
 */
export function cacheFolder(kind: string): string {
  const base = process.env.WIRELET_CACHE ?? path.resolve('.wirelet', 'cache');
  const wanted = path.join(base, kind);
  const known = made.get(wanted);
  if (known !== undefined) return known;
  let folder = wanted;
  try {
    mkdirSync(wanted, { recursive: true });
  } catch {
    folder = mkdtempSync(path.join(os.tmpdir(), `wirelet-${kind}-`));
  }
  made.set(wanted, folder);
  return folder;
}
