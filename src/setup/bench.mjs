/** `npm run bench -- [--only NAME,...] [--json]`: the scenario table. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare({ tests: true });
const child = spawn(process.execPath, [path.join(root, 'dist/bench/run.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
child.once('close', (status) => process.exit(status ?? 1));
