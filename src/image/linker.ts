/**
 * The linker, called by itself: it needs a hundredth of a second for what is linked here, and clang, which would call it, a sixth of one
 * to start.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Elf } from './elf.js';
import { compile, compileNow, type Toolchain } from './toolchain.js';

let found: boolean | undefined;

/** Whether it can be called: a compiler may bring one that only it finds. */
function isThere(): boolean {
  if (found !== undefined) return found;
  try {
    execFileSync('ld', ['--version'], { stdio: 'ignore' });
    return (found = true);
  } catch {
    return (found = false);
  }
}

/** Links objects and nothing else to `file`. Options are the linker's own. Throws diagnostics. */
export async function link(tool: Toolchain, file: string, options: readonly string[], objects: readonly string[], what: string): Promise<void> {
  if (isThere()) await compile({ ...tool, command: 'ld' }, [...options, '-o', file, ...objects], what);
  else await compile(tool, ['-nostdlib', ...options.flatMap((option) => ['-Xlinker', option]), '-o', file, ...objects], what);
}

/** Links an object to a shared one. Throws diagnostics. */
export async function linkShared(tool: Toolchain, file: string, object: string, what: string): Promise<void> {
  await compile(...sharing(tool, file, object), what);
}

/** The same for who cannot wait. */
export function linkSharedNow(tool: Toolchain, file: string, object: string, what: string): void {
  compileNow(...sharing(tool, file, object), what);
}

function sharing(tool: Toolchain, file: string, object: string): [Toolchain, string[]] {
  if (!isThere() || callsCompiler(object)) return [tool, ['-shared', '-o', file, object]];
  return [{ ...tool, command: 'ld' }, ['-shared', '--eh-frame-hdr', '-o', file, object, '-lc']];
}

/** What the linker itself makes known. */
const OF_LINKER = '__bss_start';

/** Whether an object calls functions of the compiler's own library, which only the compiler finds: their names begin with two underscores. */
function callsCompiler(object: string): boolean {
  return new Elf(readFileSync(object)).symbols().some(({ name, defined }) => !defined && name.startsWith('__') && name !== OF_LINKER);
}
