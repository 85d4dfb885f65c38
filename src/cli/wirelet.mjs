#!/usr/bin/env node
/** The command `wirelet`. Everything else is in dist/, compiled from src/cli/main.ts. */
import { existsSync } from 'node:fs';
import inspector from 'node:inspector';

const main = new URL('../../dist/src/cli/main.js', import.meta.url);
const args = process.argv.slice(2);
if (existsSync(main)) {
  const run = (await driver()) ?? (await import(main.href)).run;
  process.exitCode = await run(args);
} else {
  console.error('Wirelet is not built yet. Build it: npm run build');
  process.exitCode = 3;
}

/** From one file, which takes half the time: what a debugger follows, or elements of a user's own belong to, is not there. */
async function driver() {
  if (args[0] !== 'click' || inspector.url() !== undefined || args.some((arg) => /\.(ya?ml|json)$/i.test(arg))) return undefined;
  return (await import(new URL('packed-driver.js', main).href)).packedDriver();
}
