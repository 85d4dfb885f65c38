/**
 * A program: does what the command `wirelet click` does, for one case after the other: each that it is told of runs until nothing is left to do, as
 * a process would. What it prints goes to its files as if it were alone; see many-cases.ts.
 */
import process from 'node:process';
import path from 'node:path';
import { run as unpacked } from '#src/cli/main.js';
import { packedCommand } from '#src/cli/packed-command.js';
import { packageRoot } from '#src/package-root.js';

export interface Told {
  readonly place: string;
  readonly args: readonly string[];
}

const run = packedCommand(path.join(packageRoot, 'dist'), 'click') ?? unpacked;
let exit: number | undefined;

// The command listens to its output and to signals once for each case.
process.setMaxListeners(0);
process.stdout.setMaxListeners(0);
process.on('message', ({ place, args }: Told) => {
  process.chdir(place);
  // As long as a case runs, this channel is no reason to go on.
  process.channel!.unref();
  run(args).then((status) => (exit = status), (error: unknown) => {
    console.error(error);
    exit = 1;
  });
});
process.on('beforeExit', () => {
  if (exit === undefined) return;
  process.channel!.ref();
  process.chdir('/');
  process.stdout.removeAllListeners('error');
  process.send!({ exit });
  exit = undefined;
});
