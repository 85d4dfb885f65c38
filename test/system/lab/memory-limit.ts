/** A control group with little memory, within our own, for a test that wants to run out of it (cgroup-v1/memory, cgroup-v2 of Linux). */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = '/sys/fs/cgroup';

export class MemoryLimit {
  private constructor(private readonly folder: string) {}

  /** Null, in `problem` why, where no group can be made. */
  static make(bytes: number): { readonly limit?: MemoryLimit; readonly problem?: string } {
    const groups = readFileSync('/proc/self/cgroup', 'utf8').split('\n').map((line) => line.split(':'));
    const [parent, file] = existsSync(path.join(ROOT, 'cgroup.controllers'))
      ? [path.join(ROOT, groups.find(([, controllers]) => controllers === '')?.[2] ?? '/'), 'memory.max']
      : [path.join(ROOT, 'memory', groups.find(([, controllers]) => controllers?.split(',').includes('memory') === true)?.[2] ?? '/'), 'memory.limit_in_bytes'];
    const folder = path.join(parent, `wirelet-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch (error) {
      return { problem: `no control group can be made: ${(error as Error).message}` };
    }
    const limit = new MemoryLimit(folder);
    try {
      writeFileSync(path.join(folder, file), String(bytes));
    } catch (error) {
      rmdirSync(folder);
      return { problem: `the memory of a control group cannot be limited: ${(error as Error).message}` };
    }
    return { limit };
  }

  /** The words of a command that runs `words` within it. */
  around(words: readonly string[]): string[] {
    return ['sh', '-c', `echo $$ > ${this.folder}/cgroup.procs && exec "$@"`, 'sh', ...words];
  }

  /** Processes that are in it. */
  get processes(): number[] {
    return readFileSync(path.join(this.folder, 'cgroup.procs'), 'utf8').split('\n').filter((line) => line !== '').map(Number);
  }

  /** Once it is empty. */
  remove(): void {
    rmdirSync(this.folder);
  }
}
