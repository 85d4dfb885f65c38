/**
 * `dist/driver.cjs`: all modules that `wirelet click` may come to, as one file. To load two hundred modules one by one takes Node a fifth of a
 * second, and this file, whose code V8 keeps (src/code-cache.ts), a fraction of that. Made of the compiled files, which remain what
 * everything else loads, debuggers too; src/cli/wirelet.mjs chooses.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What begins, and whose folders are named by what is read at run time: element classes, and the kit whose functions the compiler looks up. */
const ROOTS = ['src/cli/main.js', 'src/cli/commands/click.js'];
const FOLDERS = ['elements/', 'src/kit/'];
/** Commands and subjects that the driver never comes to. */
const APART = /^src\/cli\/commands\/(?!click\.js$)/;

/** Makes the file in `dist`, the folder of the compiled files. */
export function packDriver(dist) {
  const texts = asCommonJs(dist);
  const pending = [...ROOTS, ...[...texts.keys()].filter((id) => FOLDERS.some((folder) => id.startsWith(folder)))];
  const modules = new Map();
  while (pending.length > 0) {
    const id = pending.pop();
    if (modules.has(id)) continue;
    const { text, imported } = bound(id, texts.get(id));
    modules.set(id, text);
    pending.push(...imported);
  }
  const entries = [...modules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, text]) => `${JSON.stringify(id)}: function (exports, require, meta) {\n${text}\n}`);
  // A text of one byte a character takes less to read.
  const text = entries.join(',\n').replaceAll(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(path.join(dist, 'driver.cjs'), `module.exports = {\n${text}\n};\n`);
}

/** Compiled files by their place in `dist`, each as CommonJS. */
function asCommonJs(dist) {
  const files = ['src', 'elements'].flatMap((folder) => readdirSync(path.join(dist, folder), { recursive: true }).filter((name) => name.endsWith('.js')).map((name) => path.join(dist, folder, name)));
  const elsewhere = path.join(dist, 'packed');
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022, outDir: elsewhere, rootDir: dist,
    allowJs: true, noCheck: true, noLib: true, noResolve: true, types: [], isolatedModules: true, esModuleInterop: true, removeComments: true,
  });
  const texts = new Map();
  program.emit(undefined, (file, text) => texts.set(path.relative(elsewhere, file), text));
  return texts;
}

/** A module whose imports are bound to modules of this package, and to which: the body of a function of `exports`, `require` and `meta`. */
function bound(id, module) {
  const imported = [];
  const text = module.replaceAll('import.meta', 'meta').replaceAll(/\brequire\((["'])([^"']+)\1\)/g, (whole, _quote, specifier) => {
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
