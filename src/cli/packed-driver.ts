/** The driver from one file, dist/driver.cjs (see src/setup/pack.mjs), where that is as new as what it was made of. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { requireKept } from '../code-cache.js';

/** A module of CommonJS: it may put another object of exports in the place of the first. */
interface Module {
  exports: object;
}
type Require = (specifier: string) => unknown;
/** Each module as a function, by its place in `dist`. */
type Modules = Readonly<Record<string, (module: Module, require: Require, meta: { readonly url: string }) => void>>;

const dist = new URL('../../', import.meta.url);

/** `run` of main.ts; undefined where each module has to be loaded by itself. */
export function packedDriver(): ((args: readonly string[]) => Promise<number>) | undefined {
  const folder = fileURLToPath(dist);
  const file = `${folder}driver.cjs`;
  const changed = (name: string) => statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
  const made = changed(file);
  if (made === Infinity) return undefined;
  const modules = requireKept(file) as Modules;
  if (Object.keys(modules).some((id) => changed(folder + id) > made)) return undefined;
  const { run } = loader(modules)('src/cli/main.js') as { run: (args: readonly string[]) => Promise<number> };
  return run;
}

/** `require` for what is in the file. It also takes addresses of compiled files, for modules whose names are found out at run time. */
function loader(modules: Modules): Require {
  const loaded = new Map<string, Module>();
  const packages = createRequire(dist);
  return function require(specifier) {
    const id = specifier.startsWith(dist.href) ? specifier.slice(dist.href.length) : specifier;
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const body = Object.hasOwn(modules, id) ? modules[id] : undefined;
    if (body === undefined) return packages(specifier);
    const module: Module = { exports: {} };
    loaded.set(id, module);
    body(module, require, { url: new URL(id, dist).href });
    return module.exports;
  };
}
