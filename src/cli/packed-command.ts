/** The command from few files (see src/setup/pack.mjs), where these are as new as what they were made of. */
import { openSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import vm from 'node:vm';
import { requireKept } from '../code-cache.js';

/** A module of CommonJS: it may put another object of exports in the place of the first. */
interface Module {
  exports: object;
}
type Require = (specifier: string) => unknown;
/** A module as a function; see src/setup/packed-module.mjs. */
type Body = (module: Module, require: Require, meta: { readonly url: string; readonly packed: true }, ...helpers: readonly unknown[]) => void;

/** What is in command-core.cjs. */
interface Core {
  /** Modules by their places in `dist`. */
  readonly modules: Readonly<Record<string, Body>>;
  /** Where the others begin in command-parts.cjs, and how long they are: characters of one byte. */
  readonly parts: Readonly<Record<string, readonly [number, number]>>;
}

/** What the compiler writes, with these names, whenever it has written others: as long as it is not newer, nothing is. A package has none, and nobody compiles there. */
const RECORDS = ['tsconfig.tsbuildinfo', 'tsconfig.test.tsbuildinfo'];

/**
 * `run` of main.ts; undefined where each module has to be loaded by itself. `dist`: the folder of the compiled files. Code is kept for
 * each `command`, as each uses other parts of it. What it runs throws ModulesApart where it comes to an element of a user's own.
 */
export function packedCommand(dist: string, command: string): ((args: readonly string[]) => Promise<number>) | undefined {
  const folder = dist + path.sep;
  const changed = (name: string) => statSync(folder + name, { throwIfNoEntry: false })?.mtimeMs;
  const made = changed('command.cjs');
  if (made === undefined) return undefined;
  // Which code is kept is settled by the first that comes as far as a class of elements: help does not.
  let configured = false;
  const onPart = (id: string) => (configured ||= id.startsWith('elements/'));
  const core = requireKept(`${folder}command-core.cjs`, { use: command, worthKeeping: () => configured }) as Core;
  const compiledSince = RECORDS.some((name) => (changed(name) ?? 0) > made);
  if (compiledSince && [core.modules, core.parts].some((ids) => Object.keys(ids).some((id) => !(changed(id)! <= made)))) return undefined;
  const { run } = loader(folder, core, onPart)('src/cli/main.js') as { run: (args: readonly string[]) => Promise<number> };
  return run;
}

/** `require` for what is in the files; `onPart` is called for what is not in the core. It also takes addresses of compiled files, for modules whose names are found out at run time. */
function loader(folder: string, { modules, parts }: Core, onPart: (id: string) => void): Require {
  const root = pathToFileURL(folder).href;
  const loaded = new Map<string, Module>();
  const packages = createRequire(`${folder}command.cjs`);
  let file: number | undefined;
  const part = (id: string) => {
    if (!Object.hasOwn(parts, id)) return undefined;
    onPart(id);
    const [at, length] = parts[id]!;
    file ??= openSync(`${folder}command-parts.cjs`, 'r');
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(file, bytes, 0, length, at) !== length) throw new Error(`${folder}command-parts.cjs is not whole`);
    return new vm.Script(`(${bytes.toString('latin1')})`, { filename: folder + id }).runInThisContext() as Body;
  };
  return function require(specifier) {
    const id = specifier.startsWith(root) ? specifier.slice(root.length) : specifier;
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const body = Object.hasOwn(modules, id) ? modules[id] : part(id);
    if (body === undefined) return packages(specifier);
    const module: Module = { exports: {} };
    loaded.set(id, module);
    body(module, require, { url: root + id, packed: true }, ...HELPERS);
    return module.exports;
  };
}

// ---- what a module of CommonJS begins with: shorter than esbuild's, which each module would have of its own ----------------

type Getters = Readonly<Record<string, () => unknown>>;

function exportAll(exports: object, getters: Getters): void {
  Object.defineProperty(exports, '__esModule', { value: true });
  for (const name in getters) Object.defineProperty(exports, name, { get: getters[name]!, enumerable: true });
}

function exportAgain(exports: object, other: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(other)) {
    if (name !== 'default' && !Object.hasOwn(exports, name)) Object.defineProperty(exports, name, { get: () => other[name], enumerable: true });
  }
}

/** What a module of others exports by default is that module itself. */
function withDefault(module: object): object {
  return '__esModule' in module ? module : (Object.create(module, { default: { value: module } }) as object);
}

const HELPERS = [exportAll, exportAgain, (exports: object) => exports, withDefault];
