/** The layouts of rings that are compared by hand carry every frame, on one core and between two. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-rings-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const program = path.join(folder, 'rings');
execFileSync('cc', ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-I', path.join(packageRoot, 'native/abi'), '-o', program, path.join(packageRoot, 'bench/crossing/ring_layouts.c')]);

for (const [layout, name] of ['split', 'split in order', 'packed in order'].entries()) {
  t.test(`${name}: what was put in comes out, on one core`, async (t) => {
    t.ok(Number(execFileSync(program, [String(layout), '200000', '1'], { encoding: 'utf8', timeout: 60_000 })) > 0);
  });
  t.test(`${name}: and between two`, { skip: availableParallelism() < 2 ? 'there is one processor only' : false, timeout: 120_000 }, async (t) => {
    t.ok(Number(execFileSync(program, [String(layout), '20000', '2'], { encoding: 'utf8', timeout: 100_000 })) > 0);
  });
}
