#!/usr/bin/env node
'use strict';
/** The command `wirelet`. Everything else is in dist/, compiled from src/cli/main.ts. CommonJS: Node starts sooner without its loader of modules. */
const { existsSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const dist = path.join(__dirname, '../../dist');
const main = path.join(dist, 'src/cli/main.js');
/** Node's exit code of a module that waits for what never comes. */
const UNSETTLED = 13;
const args = process.argv.slice(2);
void begin();

async function begin() {
  if (existsSync(main)) {
    // What ends without an answer says so, as a module's await does.
    process.exitCode = UNSETTLED;
    const run = driver() ?? (await import(pathToFileURL(main))).run;
    process.exitCode = await run(args);
  } else {
    console.error('Wirelet is not built yet. Build it: npm run build');
    process.exitCode = 3;
  }
}

/** From few files (src/setup/pack.mjs), which takes half the time: what a debugger follows, or elements of a user's own belong to, is not there. */
function driver() {
  const file = path.join(dist, 'driver.cjs');
  if (args[0] !== 'click' || isDebugged() || args.some((arg) => /\.(ya?ml|json)$/i.test(arg)) || !existsSync(file)) return undefined;
  return require(file).packedDriver(dist);
}

/** The debugger's module is loaded only where something may have begun it. */
function isDebugged() {
  return (process.execArgv.length > 0 || process.env.NODE_OPTIONS !== undefined) && require('node:inspector').url() !== undefined;
}
