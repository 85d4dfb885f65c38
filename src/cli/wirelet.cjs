#!/usr/bin/env node
'use strict';
/** The command `wirelet`. Everything else is in dist/, compiled from src/cli/main.ts. CommonJS: Node starts sooner without its loader of modules. */
const { existsSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

/** Commands that come to many modules, as they read a graph. Not those that read others while something runs: elements of a user's own could not begin anew there. */
const MANY = new Set(['check', 'explain', 'build', 'deploy', 'run', 'trace', 'import', 'export', 'docs', 'elements', 'schema', 'click', 'click-flatten']);
const dist = path.join(__dirname, '../../dist');
const main = path.join(dist, 'src/cli/main.js');
/** Node's exit code of a module that waits for what never comes. */
const UNSETTLED = 13;
const args = process.argv.slice(2);
void begin();

async function begin() {
  if (!existsSync(main)) {
    console.error('Wirelet is not built yet. Build it: npm run build');
    process.exitCode = 3;
    return;
  }
  // What ends without an answer says so, as a module's await does.
  process.exitCode = UNSETTLED;
  process.exitCode = await fromFewFiles() ?? (await (await import(pathToFileURL(main))).run(args));
}

/** From few files (src/setup/pack.mjs), which takes half the time where modules are many: what a debugger follows, or elements of a user's own belong to, is not there. */
async function fromFewFiles() {
  const file = path.join(dist, 'command.cjs');
  const [name = ''] = args;
  if (!MANY.has(name) || mayLoad(name) || isDebugged() || !existsSync(file)) return undefined;
  try {
    return await require(file).packedCommand(dist, name)?.(args);
  } catch (error) {
    // Nothing was done or said so far: what such a graph says is read first (src/modules-apart.ts).
    if (error.code === 'MODULES_APART') return undefined;
    throw error;
  }
}

/** What is put in the place of a running configuration can have elements of a user's own where these were named to begin with. */
function mayLoad(name) {
  return (name === 'click' && args.some((arg) => /\.(ya?ml|json)$/i.test(arg))) || (name === 'run' && args.some((arg) => arg.startsWith('--elements')));
}

/** The debugger's module is loaded only where something may have begun it. */
function isDebugged() {
  return (process.execArgv.length > 0 || process.env.NODE_OPTIONS !== undefined) && require('node:inspector').url() !== undefined;
}
