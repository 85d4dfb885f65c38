/** Removes a file, if it is there: rmSync with `force` looks at it first, by code that takes longer than all of this. */
import { unlinkSync } from 'node:fs';

export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
