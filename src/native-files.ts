/** Where the build puts what is native, and what builds it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.js';
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

/** The command that builds this package: a clone, which alone has a lock file, or one that npm installed. */
export function buildCommand(): string {
  if (existsSync(path.join(packageRoot, 'package-lock.json'))) return 'npm run build';
  const prefix = path.resolve(packageRoot, '../..');
  const global = path.basename(prefix) === 'lib' ? '--global' : `--prefix ${prefix}`;
  return `npm rebuild wirelet --foreground-scripts ${global}`;
}
