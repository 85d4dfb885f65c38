/** TypeScript's code as it was compiled before: whoever requires it from here on finds it loaded. */
import { createRequire } from 'node:module';
import { requireKept } from './code-cache.js';

requireKept(createRequire(import.meta.url).resolve('typescript'));
