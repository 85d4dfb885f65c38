/** Files that handlers write for people. */
import { writeFileSync } from 'node:fs';
import { unquote } from './quoting.js';
import { HandlerError } from './element.js';

/** Writes `content` to the file `name`, or to standard output for `-`; throws HandlerError when it cannot. */
export function writeHandlerFile(name: string, content: string | Uint8Array): void {
  const file = unquote(name.trim());
  if (file === '') throw new HandlerError('expected a file name');
  try {
    if (file === '-') process.stdout.write(content);
    else writeFileSync(file, content);
  } catch (error) {
    throw new HandlerError(`${file}: ${(error as Error).message}`);
  }
}
