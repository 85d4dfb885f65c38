/** binding.gyp builds the same addon with node-gyp, where Node's headers are on this machine. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const execute = promisify(execFile);
const nodeFolder = path.resolve(process.execPath, '../..');
const headers = existsSync(path.join(nodeFolder, 'include/node/common.gypi'));
const gyp = path.join(packageRoot, 'node_modules/node-gyp/bin/node-gyp.js');
const problem = !headers ? `no Node headers under ${nodeFolder}/include/node` : !existsSync(gyp) ? 'node-gyp is not installed' : false;

t.test('node-gyp builds an addon that loads', { skip: problem }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-gyp-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['binding.gyp', 'package.json', 'native', 'src/setup']) cpSync(path.join(packageRoot, part), path.join(folder, part), { recursive: true });
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(folder, 'node_modules'));
  // Not optimised: build/Release has the same sources as people get them.
  await execute(process.execPath, [gyp, 'configure', 'build', `--nodedir=${nodeFolder}`, '--jobs=2', '--loglevel=error'], { cwd: folder, env: { ...process.env, CXXFLAGS: '-O0' }, maxBuffer: 1 << 26 });
  const addon = createRequire(import.meta.url)(path.join(folder, 'build/Release/wirelet.node')) as Record<string, unknown>;
  t.type(addon['run'], 'function');
  t.type(addon['openTap'], 'function');
});
