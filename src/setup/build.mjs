/** `npm run build`: packages, TypeScript, native programs. */
import { prepare } from './prepare.mjs';

await prepare();
