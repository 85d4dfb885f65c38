/**
 * Results by the hash of everything they depend on. A hit is a finished file; a miss is built beside it and
 * renamed, so that two builds at once never see each other's halves.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.js';

/** Kept at most; the longest unused go first. A suite of some hundred configurations, each compiled for `--engine native`, finds all of them again. */
const BYTES_MAX = 512 * 2 ** 20;
const ENTRIES_MAX = 4000;

/** Hash of parts, in order; a part's end cannot be mistaken for another's. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.length}:`);
    hash.update(part);
  }
  return hash.digest('hex');
}

/** The file for `key`, made by `make` unless it is there; `cached` says which. */
export async function cached(key: string, suffix: string, make: (file: string) => Promise<void>): Promise<{ file: string; cached: boolean }> {
  const entry = entryOf(key, suffix);
  if (entry.there) return { file: entry.file, cached: true };
  try {
    await make(entry.draft);
    keep(entry);
  } finally {
    rmSync(entry.draft, { force: true });
  }
  return { file: entry.file, cached: false };
}

/** The same where nobody can wait. */
export function cachedNow(key: string, suffix: string, make: (file: string) => void): string {
  const entry = entryOf(key, suffix);
  if (entry.there) return entry.file;
  try {
    make(entry.draft);
    keep(entry);
  } finally {
    rmSync(entry.draft, { force: true });
  }
  return entry.file;
}

/** The finished file for `key`, if it is there. */
export function cachedFile(key: string, suffix: string): string | undefined {
  const { there, file } = entryOf(key, suffix);
  return there ? file : undefined;
}

interface Entry {
  readonly file: string;
  readonly there: boolean;
  /** Where to make it. */
  readonly draft: string;
}

function entryOf(key: string, suffix: string): Entry {
  const folder = cacheFolder('images');
  const file = path.join(folder, key.slice(0, 40) + suffix);
  const there = existsSync(file);
  if (there) {
    const now = new Date();
    utimesSync(file, now, now);
  }
  return { file, there, draft: path.join(folder, `draft-${randomBytes(8).toString('hex')}${suffix}`) };
}

function keep({ draft, file }: Entry): void {
  renameSync(draft, file);
  prune(path.dirname(file));
}

/** Removes the entries that were not used for longest, when there are too many or they are too large. */
function prune(folder: string): void {
  const entries = readdirSync(folder).filter((name) => /^[0-9a-f]{40}/.test(name)).flatMap((name) => {
    // Another process may have removed it.
    const state = statSync(path.join(folder, name), { throwIfNoEntry: false });
    return state === undefined ? [] : [{ name, used: state.mtimeMs, size: state.size }];
  });
  let [count, bytes] = [entries.length, entries.reduce((sum, { size }) => sum + size, 0)];
  if (count <= ENTRIES_MAX && bytes <= BYTES_MAX) return;
  for (const { name, size } of entries.sort((a, b) => a.used - b.used)) {
    if (count <= ENTRIES_MAX && bytes <= BYTES_MAX) return;
    rmSync(path.join(folder, name), { force: true, recursive: true });
    count -= 1;
    bytes -= size;
  }
}

/** Puts a cached file where the user wants it. Devices and pipes are written to, never replaced. */
export function deliver(from: string, to: string): void {
  mkdirSync(path.dirname(path.resolve(to)), { recursive: true });
  if (statSync(to, { throwIfNoEntry: false })?.isFile() === false) {
    // Not copyFileSync: it removes what it could not fill.
    writeFileSync(to, readFileSync(from));
    return;
  }
  const draft = `${to}.${process.pid}.tmp`;
  try {
    copyFileSync(from, draft);
    renameSync(draft, to);
  } finally {
    rmSync(draft, { force: true });
  }
}
