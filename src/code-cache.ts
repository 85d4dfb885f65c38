/**
 * Code of large files as V8 compiled it, kept from one process to the next: TypeScript's nine megabytes take a third of a second
 * to compile, and a fraction of that to take up again. What is kept is the work of this Node on this very file;
 * of another Node V8 refuses it.
 */
import { isAscii } from 'node:buffer';
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import vm from 'node:vm';
import { lastingFolder } from './cache-folder.js';

/** Of all places of this package, and versions of Node: the latest, some megabytes each. */
const FILES_MAX = 24;

export interface KeptUse {
  /** What the file is loaded for: one use of it may need other code than another. */
  readonly use?: string;
  readonly worthKeeping?: () => boolean;
}

/**
 * Loads a CommonJS file by its absolute path, as `require` would, which finds it loaded from then on; what it exports. At the end of the
 * process the code it has used is kept, unless it was there, or the process has not come so far as `worthKeeping` tells. Throws what the file throws,
 * and where it cannot be read.
 */
export function requireKept(file: string, { use = '', worthKeeping = () => true }: KeptUse = {}): unknown {
  const require = createRequire(file);
  const known = require.cache[file];
  if (known !== undefined) return known.exports;
  const kept = keptFile(file, use);
  const cachedData = kept && readKept(kept);
  const script = new vm.Script(Module.wrap(textOf(file)), { filename: file, ...(cachedData && { cachedData }) });
  if (kept !== undefined && script.cachedDataRejected !== false) process.once('exit', () => worthKeeping() && keep(kept, script));
  const module = Object.assign(new Module(file), { filename: file, paths: [] });
  require.cache[file] = module;
  const main = script.runInThisContext() as (...values: unknown[]) => void;
  main.call(module.exports, module.exports, require, module, file, path.dirname(file));
  module.loaded = true;
  return module.exports;
}

/** A text of one byte a character takes half the time to read. */
function textOf(file: string): string {
  const bytes = readFileSync(file);
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

interface Kept {
  readonly folder: string;
  /** Begins the names of all that is kept of the file for this use, whatever its state. */
  readonly place: string;
  readonly name: string;
}

/** Undefined where nothing can be kept. */
function keptFile(file: string, use: string): Kept | undefined {
  const folder = lastingFolder('code');
  if (folder === undefined) return undefined;
  const { size, ctimeMs } = statSync(file);
  const place = digits(`${file} ${process.version} ${process.arch} ${use}`);
  // V8 takes code for that of any text as long, and npm gives the files of all packages one time of their last change: when
  // the file came to be here tells them apart.
  return { folder, place, name: `${place}-${size}-${ctimeMs}` };
}

/** FNV-1a of 64 bits: to load what computes better ones takes longer than to read what is kept, and nobody else writes to the folder. */
function digits(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

function readKept({ folder, name }: Kept): Buffer | undefined {
  try {
    return readFileSync(path.join(folder, name));
  } catch {
    return undefined;
  }
}

/** In the place of what was kept of the file as it was before. */
function keep({ folder, place, name }: Kept, script: vm.Script): void {
  const draft = path.join(folder, `draft-${process.pid}-${process.hrtime.bigint()}`);
  try {
    writeFileSync(draft, script.createCachedData());
    renameSync(draft, path.join(folder, name));
    const others = readdirSync(folder).filter((other) => other !== name);
    const times = new Map(others.map((other) => [other, other.startsWith(place) ? 0 : statSync(path.join(folder, other)).mtimeMs]));
    const old = others.sort((a, b) => times.get(b)! - times.get(a)!).filter((other, index) => times.get(other) === 0 || index >= FILES_MAX - 1);
    for (const other of old) rmSync(path.join(folder, other), { force: true });
  } catch {
    // Nothing is lost but time: there is no room, or the folder is gone.
    rmSync(draft, { force: true });
  }
}
