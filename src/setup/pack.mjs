/**
 * `dist/driver.cjs`: all modules that `wirelet click` may come to, as one file. To load two hundred modules one by one takes Node a fifth of a
 * second, and this file, whose code V8 keeps (src/code-cache.ts), a fraction of that. Made of the compiled files, which remain what
 * everything else loads, debuggers too; src/cli/wirelet.mjs chooses.
 */
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { transform } from 'esbuild';

/** What begins, and whose folders are named by what is read at run time: element classes, and the kit whose functions the compiler looks up. */
const ROOTS = ['src/cli/main.js', 'src/cli/commands/click.js'];
const FOLDERS = ['elements/', 'src/kit/'];
/** Commands and subjects that the driver never comes to. */
const APART = /^src\/cli\/commands\/(?!click\.js$)/;

/** Makes the file in `dist`, the folder of the compiled files. */
export async function packDriver(dist) {
  const modules = new Map();
  const add = async (id) => {
    if (modules.has(id)) return;
    modules.set(id, '');
    const { text, imported } = bound(id, await asCommonJs(path.join(dist, id)));
    modules.set(id, text);
    await Promise.all(imported.map(add));
  };
  const named = FOLDERS.flatMap((folder) => readdirSync(path.join(dist, folder), { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => folder + name));
  await Promise.all([...ROOTS, ...named].map(add));
  const entries = [...modules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, text]) => `${JSON.stringify(id)}: function (module, require, meta) {\n${text}\n}`);
  await writeFile(path.join(dist, 'driver.cjs'), `module.exports = {\n${entries.join(',\n')}\n};\n`);
}

/** A compiled file as CommonJS, in characters of one byte, which take less to read; `import.meta` is `meta`. */
async function asCommonJs(file) {
  const { code } = await transform(await readFile(file, 'utf8'), {
    sourcefile: file, format: 'cjs', target: 'node20', charset: 'ascii', legalComments: 'none', define: { 'import.meta': 'meta' }, supported: { 'dynamic-import': false },
  });
  return code;
}

/** A module whose imports are bound to modules of this package, and to which: the body of a function of `module`, `require` and `meta`. */
function bound(id, module) {
  const imported = [];
  const text = module.replaceAll(/\brequire\((["'])([^"']+)\1\)/g, (whole, _quote, specifier) => {
    const target = moduleOf(specifier, id);
    if (target === undefined || APART.test(target)) return whole;
    imported.push(target);
    return `require(${JSON.stringify(target)})`;
  });
  return { text, imported };
}

/** The module of this package that a specifier in `id` means, if it does. */
function moduleOf(specifier, id) {
  if (specifier === 'wirelet') return 'src/index.js';
  if (specifier.startsWith('#src/')) return specifier.slice(1);
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(id), specifier) : undefined;
}
