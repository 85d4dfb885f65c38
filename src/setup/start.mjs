/** `npm start`: from a fresh clone to a firewall in a VM that has filtered a capture. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { prepare, root } from './prepare.mjs';

await prepare();
const child = spawn(process.execPath, [path.join(root, 'dist/src/setup/tour.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
child.once('close', (status, name) => process.exit(status ?? (name === 'SIGINT' ? 130 : 1)));
