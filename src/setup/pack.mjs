/**
 * What the command `wirelet` starts from: the compiled modules in few files of CommonJS. To load two hundred modules one by
 * one takes Node a fifth of a second. They are made of the compiled files, which remain what programs and debuggers load;
 * src/cli/wirelet.cjs chooses.
 *
 * - `command.cjs` begins: src/cli/packed-command.ts and what that imports.
 * - `command-core.cjs` has what `wirelet click` comes to with every configuration. Its code is kept as V8 compiled it (src/code-cache.ts); the less there is, the sooner it is there.
 * - `command-parts.cjs` has all else, element classes above all, of which each module is read when it is asked for.
 */
import { readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { PackedModule } from './packed-module.mjs';

/** What every configuration of Click comes to, and folders of what is named at run time: element classes, and the kit whose functions the compiler looks up. */
const ROOTS = ['src/cli/main.js', 'src/cli/commands/click.js'];
const FOLDERS = ['elements/', 'src/kit/'];
/** Makes the files in `dist`, the folder of the compiled files. */
export async function packCommand(dist) {
  const modules = new Map();
  const add = async (id) => {
    if (modules.has(id)) return;
    const module = new PackedModule(id);
    modules.set(id, module);
    await module.read(dist);
    await Promise.all(module.targets().map(add));
  };
  const named = FOLDERS.flatMap((folder) => readdirSync(path.join(dist, folder), { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => folder + name));
  await Promise.all([...ROOTS, ...named].map(add));
  await Promise.all([...modules.values()].map((module) => module.bind(modules)));
  const { core, parts } = apart(modules);
  const begin = path.join(dist, 'command.cjs');
  await rm(begin, { force: true });
  await Promise.all([writeFile(path.join(dist, 'command-core.cjs'), core), writeFile(path.join(dist, 'command-parts.cjs'), parts)]);
  // Last: where it is, the others are whole.
  await build({ entryPoints: [path.join(dist, 'src/cli/packed-command.js')], outfile: begin, bundle: true, platform: 'node', format: 'cjs', target: 'node20', legalComments: 'none' });
}

/** The text of what the roots need, which tells where in the text of the others each of these is. */
function apart(modules) {
  const needed = new Set();
  const need = (id) => {
    if (needed.has(id)) return;
    needed.add(id);
    modules.get(id).needed.forEach(need);
  };
  ROOTS.forEach(need);
  const places = {};
  let parts = '';
  let core = '';
  for (const [id, { text }] of [...modules].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (needed.has(id)) {
      core += `${JSON.stringify(id)}: ${text},\n`;
    } else {
      places[id] = [parts.length, text.length];
      parts += `${text}\n`;
    }
  }
  return { core: `module.exports = { parts: ${JSON.stringify(places)}, modules: {\n${core}} };\n`, parts };
}
