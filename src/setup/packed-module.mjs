/** A compiled module as a function, by whose parameters it has all that it needs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { transform } from 'esbuild';

/** See `Body` in src/cli/packed-command.ts, which has these functions for all modules: esbuild writes its own into each. */
const PARAMETERS = ['module', 'require', 'meta', '__export', '__reExport', '__toCommonJS', '__toESM'];
const HELPERS = /^var __(?:defProp|getOwnPropDesc|getOwnPropNames|getProtoOf|hasOwnProp|create|export|copyProps|reExport|toCommonJS|toESM) = .*\n(?:(?:  |[})]).*\n)*/gm;
const IMPORT = /^var (\w+) = (__toESM\()?require\("([^"]+)"\)\)?;\n/gm;
const REQUIRED = /\brequire\("([^"]+)"\)/g;
/** Modules of others are loaded by the first that is read of them. */
const LAZY = 'import_$lazy_';

export class PackedModule {
  /** The function. */
  text = '';
  /** Modules of this package that it loads before it begins. */
  needed = [];
  /** What names of its exports mean in its text, and modules all of whose exports are its own. */
  exports = new Map();
  all = [];
  /** Modules by the variables that hold them: [specifier, whether its default is wanted]. */
  imports = new Map();
  code = '';

  /** `id` is the module's place in the folder of compiled files. */
  constructor(id) {
    this.id = id;
  }

  /** In characters of one byte, which take less to read; `import.meta` is `meta`. */
  async read(dist) {
    const file = path.join(dist, this.id);
    const { code } = await transform(await readFile(file, 'utf8'), {
      sourcefile: file, format: 'cjs', target: 'node20', charset: 'ascii', legalComments: 'none', define: { 'import.meta': 'meta' }, supported: { 'dynamic-import': false },
    });
    this.code = code.replaceAll(HELPERS, '').replaceAll(REQUIRED, (whole, specifier) => `require(${JSON.stringify(moduleOf(specifier, this.id) ?? specifier)})`);
    if (/^var __\w+ =/m.test(this.code) || code.includes(LAZY)) throw new Error(`${this.id} has something that src/setup/packed-module.mjs does not know`);
    for (const [, name, whole, id] of this.code.matchAll(IMPORT)) this.imports.set(name, [id, whole !== undefined]);
    for (const [, name, meaning] of (/^__export\(\w+, \{\n([\s\S]*?)\n\}\);$/m.exec(this.code)?.[1] ?? '').matchAll(/^ {2}(\w+): \(\) => ([\w.$]+),?$/gm)) this.exports.set(name, meaning);
    this.all = [...this.code.matchAll(/^__reExport\(\w+, require\("([^"]+)"\), module\.exports\);$/gm)].map(([, id]) => id);
  }

  /** Modules of this package that it may come to. */
  targets() {
    return [...this.code.matchAll(REQUIRED)].map(([, id]) => id).filter(isOwn);
  }

  /** Names of imports become those of the modules that define them, so that nothing else is loaded for them. */
  async bind(modules) {
    const define = {};
    const own = new Set(this.all.filter(isOwn));
    const lazy = new Map();
    const variable = (id) => {
      own.add(id);
      return `import_$${id.replaceAll(/\W/g, '_')}`;
    };
    for (const [name, [id, whole]] of this.imports) {
      const used = [...this.code.matchAll(new RegExp(`\\b${name}\\b(?:\\.([\\w$]+))?(?! = (?:__toESM\\()?require)`, 'g'))].map(([, member]) => member);
      if (!isOwn(id)) {
        define[name] = `${LAZY}${name}`;
        lazy.set(name, whole ? `__toESM(require("${id}"))` : `require("${id}")`);
      } else if (used.includes(undefined)) {
        define[name] = variable(id);
      } else {
        for (const member of new Set(used)) {
          const [place, meaning] = definition(id, member, modules);
          define[`${name}.${member}`] = `${variable(place)}.${meaning}`;
        }
      }
    }
    this.needed = [...own];
    const bare = this.code.replaceAll(IMPORT, '');
    const loads = [...own].filter((id) => !this.all.includes(id)).map((id) => `var ${variable(id)} = require("${id}");\n`).join('');
    const { code } = await transform(bare.replace(/^module\.exports = .*;\n/m, (line) => line + loads), { define, charset: 'ascii', target: 'node20', minifyWhitespace: true, legalComments: 'none' });
    const later = [...lazy].map(([name, load]) => `let ${name}$;const ${LAZY}${name}=()=>${name}$??=${load};`).join('');
    this.text = `function(${PARAMETERS.join()}){${later}${code.replaceAll(/\bimport_\$lazy_\w+/g, (name) => `(${name}())`).trim()}}`;
  }
}

/** Where what `id` exports by that name is defined, and its name there. */
function definition(id, name, modules) {
  const module = modules.get(id);
  if (module === undefined) throw new Error(`${id} is not packed`);
  const meaning = module.exports.get(name);
  if (meaning === undefined) {
    const [place] = module.all.filter((other) => exportsOf(other, modules).has(name));
    return place === undefined ? [id, name] : definition(place, name, modules);
  }
  const [holder, member] = meaning.split('.');
  const [place] = module.imports.get(holder) ?? [];
  return member !== undefined && place !== undefined && isOwn(place) ? definition(place, member, modules) : [id, name];
}

function exportsOf(id, modules) {
  const { exports, all } = modules.get(id);
  return new Set([...exports.keys(), ...all.flatMap((other) => [...exportsOf(other, modules)])]);
}

/** Whether that is the place of a module of this package. */
const isOwn = (id) => /^(?:src|elements)\/.*\.js$/.test(id);

/** The place of the module of this package that a specifier in `id` means, if it does. */
function moduleOf(specifier, id) {
  if (specifier === 'wirelet') return 'src/index.js';
  if (specifier.startsWith('#src/') || specifier.startsWith('#elements/')) return specifier.slice(1);
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(id), specifier) : undefined;
}
