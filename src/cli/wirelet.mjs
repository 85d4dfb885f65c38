#!/usr/bin/env node
/** The command `wirelet`. Everything else is in dist/, compiled from src/cli/main.ts. */
import { existsSync } from 'node:fs';

const main = new URL('../../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  const { run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  console.error('Wirelet is not built yet. Build it: npm run build');
  process.exitCode = 3;
}
