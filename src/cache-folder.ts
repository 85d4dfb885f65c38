/** Where results are kept for the next time: $WIRELET_CACHE, $XDG_CACHE_HOME/wirelet, or ~/.cache/wirelet. */
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

const OTHERS_MAY_WRITE = 0o022;

const made = new Map<string, string>();

/**
 * The folder for one kind of results, made if need be. Programs are loaded from there, so it is never one that
 * others can write to: where there is no such folder, it is a new one for this process alone.
 */
export function cacheFolder(kind: string): string {
  const wanted = wantedFolder(kind);
  const known = made.get(wanted);
  if (known !== undefined) return known;
  const folder = isOurs(wanted) ? wanted : mkdtempSync(path.join(tmpdir(), `wirelet-${kind}-`));
  made.set(wanted, folder);
  return folder;
}

/** The same for what only another process has use for; undefined where there is no folder that lasts. */
export function lastingFolder(kind: string): string | undefined {
  const wanted = wantedFolder(kind);
  return isOurs(wanted) ? wanted : undefined;
}

function wantedFolder(kind: string): string {
  const base = process.env['WIRELET_CACHE'] ?? path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'wirelet');
  return path.join(path.resolve(base), kind);
}

/** Makes a folder and those around it. What is below /proc is not there and cannot be made: Node's own `recursive` tries that for ever. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  const around = path.dirname(folder);
  if (around !== folder) make(around);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whether the folder is there, or can be made, and is ours alone to write to. */
function isOurs(folder: string): boolean {
  try {
    make(folder);
    accessSync(folder, constants.W_OK);
    const { uid, mode } = statSync(folder);
    return uid === process.getuid?.() && (mode & OTHERS_MAY_WRITE) === 0;
  } catch {
    return false;
  }
}
