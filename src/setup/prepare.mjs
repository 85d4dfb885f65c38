/**
 * Everything between a fresh clone and a working Wirelet: packages, compiled TypeScript, native programs.
 * Plain JavaScript without dependencies, because it runs before there are any. Each step is skipped when what
 * it depends on has not changed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Node's major version that package.json's `engines` asks for. */
const NODE_MAJOR_MIN = 20;

/** Why a step failed, as the user is told it. */
export class StepFailed extends Error {}

/** Runs the steps; `tests` also compiles the tests. Ends the process with a message when one fails. */
export function prepare({ tests = false, native = true } = {}) {
  return told(async () => {
    checkNode();
    await installPackages();
    await step('project-site', ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs', 'src/setup/project-site.mjs'], ['build/project-site/index.html'], 'writing the documentation as a site', async () => (await import('./project-site.mjs')).buildProjectSite());
    // The compiler of TypeScript keeps one processor busy; neither has use for what the other makes.
    const steps = [compileStep(tests)];
    if (native) steps.push(step('native', ['CMakeLists.txt', 'native', 'package-lock.json'], ['build/Release/wirelet-tender', 'build/Release/wirelet-switch', 'build/Release/wirelet.node'], 'building the VMM and the addon', buildNative));
    for (const { status, reason } of await Promise.allSettled(steps)) if (status === 'rejected') throw reason;
  });
}

/** What a package comes with: compiled TypeScript. npm calls it in a clone, when it has installed packages there, and before it packs one. */
export function compilePackage() {
  return told(async () => {
    if (!existsSync(path.join(root, 'node_modules'))) await installPackages();
    await compileStep(false);
  });
}

/** Without scripts: those of this package would build what the next steps build, without a word, and no other needs its own. */
function installPackages() {
  return step('packages', ['package.json', 'package-lock.json'], ['node_modules/.package-lock.json'], 'installing packages', () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']));
}

async function told(steps) {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

function compileStep(tests) {
  const sources = ['tsconfig.json', 'src', 'elements', ...(tests ? ['tsconfig.test.json', 'test', 'bench'] : [])];
  return step(tests ? 'tests' : 'typescript', sources, ['dist/src/index.js', 'dist/command.cjs'], 'compiling TypeScript', () => compile(tests ? 'tsconfig.test.json' : 'tsconfig.json'));
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_MIN) throw new StepFailed(`Wirelet needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}. See https://nodejs.org/en/download.`);
}

/** Does `work` unless `inputs` are as they were when it was last done and `outputs` are there. */
async function step(name, inputs, outputs, what, work) {
  const stampFile = path.join(root, 'build', `.${name}.stamp`);
  const stamp = hashOf(inputs) + process.version;
  const done = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && outputs.every((file) => existsSync(path.join(root, file)));
  if (done) return;
  const begin = performance.now();
  process.stderr.write(`${what} ...\n`);
  await work();
  process.stderr.write(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function hashOf(inputs) {
  const hash = createHash('sha256');
  const add = (file) => {
    const full = path.join(root, file);
    if (!existsSync(full)) return;
    let entries;
    try {
      entries = readdirSync(full).sort();
    } catch {
      hash.update(`${file}\0`).update(readFileSync(full));
      return;
    }
    for (const entry of entries) add(path.join(file, entry));
  };
  inputs.forEach(add);
  return hash.digest('hex');
}

async function compile(project) {
  // What was compiled from files that are gone must not be found any more.
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  await run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
  await (await import('./pack.mjs')).packCommand(path.join(root, 'dist'));
}

/** The VMM, the switch and the addon, in build/Release. */
export async function buildNative() {
  for (const [tool, install] of [['cmake', 'apt-get install cmake'], ['make', 'apt-get install make'], ['g++', 'apt-get install g++']]) {
    await run(tool, ['--version']).catch(() => {
      throw new StepFailed(`${tool} is missing. Install it: ${install}`);
    });
  }
  await run(process.execPath, [createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js'), 'compile', '--directory', root, '--out', path.join(root, 'build'), '--log-level', 'warn']);
}

/** Runs a program; its output is shown only if it fails. */
function run(command, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output = (output + data).slice(-20_000)));
    child.once('error', (error) => reject(new StepFailed(`${command} cannot be run: ${error.message}`)));
    child.once('close', (status) => (status === 0 ? resolve() : reject(new StepFailed(`${output.trim()}\n\n${command} failed with status ${status}.`))));
  });
}
