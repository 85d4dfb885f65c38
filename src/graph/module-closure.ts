/** A TypeScript file with everything it imports by relative paths, and a hash over all of that. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ModuleFile {
  readonly file: string;
  readonly text: string;
  /** Relative imports: as they are written, and the file that is meant. */
  readonly imports: ReadonlyMap<string, string>;
}

/** Relative import specifiers; one in a comment does no harm, it only makes the hash more careful. */
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** `file` and all it imports, itself first. Throws when `file` cannot be read. */
export function moduleClosure(file: string): ModuleFile[] {
  const found = new Map<string, ModuleFile>();
  const pending = [path.resolve(file)];
  while (pending.length > 0) {
    const next = pending.shift()!;
    if (found.has(next)) continue;
    const module = readModule(next);
    found.set(next, module);
    pending.push(...module.imports.values());
  }
  return [...found.values()];
}

function readModule(file: string): ModuleFile {
  const text = readFileSync(file, 'utf8');
  const imports = new Map<string, string>();
  for (const [, specifier] of text.matchAll(SPECIFIER)) {
    const target = resolveRelative(file, specifier!);
    if (target !== undefined) imports.set(specifier!, target);
  }
  return { file, text, imports };
}

/** The file a specifier means: `./x.js` is written for `./x.ts`, as TypeScript has it. */
function resolveRelative(from: string, specifier: string): string | undefined {
  const target = path.resolve(path.dirname(from), specifier);
  const candidates = [target.replace(/\.js$/, '.ts'), target, `${target}.ts`];
  return candidates.find((candidate) => /\.(ts|js|mjs|json)$/.test(candidate) && existsSync(candidate));
}

/** SHA-256 of the contents, in hex; the same wherever the files lie. */
export function hashOfModules(modules: readonly ModuleFile[]): string {
  const base = path.dirname(modules[0]!.file);
  const hash = createHash('sha256');
  for (const { file, text } of modules) hash.update(`${path.relative(base, file)}\0${text.length}\0${text}`);
  return hash.digest('hex');
}
