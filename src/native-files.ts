/** Where the build puts what is native, and what builds it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.js';
import { shellWord } from './shell-word.js';
import { Unavailable } from './unavailable.js';

const FOLDERS = ['build/Release', 'build'];

/** Path of a native file of this package; undefined: it is not built. */
export function builtFile(name: string): string | undefined {
  return FOLDERS.map((folder) => path.join(packageRoot, folder, name)).find((file) => existsSync(file));
}

/** Path of a native file of this package; fails with the command that builds it. */
export function nativeFile(name: string): string {
  const file = builtFile(name);
  if (file === undefined) throw new Unavailable(`${name} is not built`, buildCommand());
  return file;
}

/** The command that builds this package: a clone, which alone has a lock file, or one that npm installed, maybe without its scripts. */
export function buildCommand(): string {
  return existsSync(path.join(packageRoot, 'package-lock.json')) ? 'npm run build' : `node ${shellWord(path.join(packageRoot, 'src/setup/install.mjs'))}`;
}
