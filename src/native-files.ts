/** Where the build puts what is native. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './package-root.js';
import { Unavailable } from './unavailable.js';

const FOLDERS = ['build/Release', 'build'];

/** Path of a native file of this package; fails with the command that builds it. */
export function nativeFile(name: string): string {
  for (const folder of FOLDERS) {
    const file = path.join(packageRoot, folder, name);
    if (existsSync(file)) return file;
  }
  throw new Unavailable(`${name} is not built`, 'npm run build');
}
