/**
 * What npm runs where this package is installed: builds the VMM, the switch and the addon. What is missing for that does not keep the
 * package from being installed, since the rest works without. In a clone, which alone has a lock file, `npm start` and the like build them.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildNative, root, StepFailed } from './prepare.mjs';

if (!existsSync(path.join(root, 'package-lock.json'))) {
  try {
    await buildNative();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`${error.message}\n\nThe VMM and the addon are not built. Graphs run with --vmm node until they are; wirelet doctor says how to build them.`);
  }
}
