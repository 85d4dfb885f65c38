/** `npm run bench -- [--only NAME,...] [--json]`: the scenario table. `npm run bench:smoke`: ratios that must hold. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare({ tests: true });
const words = process.argv.slice(2);
const smoke = words[0] === '--smoke';
const child = spawn(process.execPath, [path.join(root, smoke ? 'dist/bench/run-smoke.js' : 'dist/bench/run.js'), ...words.slice(smoke ? 1 : 0)], { stdio: 'inherit' });
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
child.once('close', (status) => process.exit(status ?? 1));
