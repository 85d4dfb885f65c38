/** Where this package lies: the folder with its package.json, sources and compiled files. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

function find(start: string): string {
  let folder = start;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error('package.json not found above the compiled files');
    folder = parent;
  }
  return folder;
}

/** Absolute path of the package's folder. */
export const packageRoot = find(path.dirname(fileURLToPath(import.meta.url)));
