/** `npm run build`: packages, TypeScript, native programs. `--package`: what a package comes with, once npm has installed what that needs. */
import { compilePackage, prepare } from './prepare.mjs';

await (process.argv.includes('--package') ? compilePackage() : prepare());
