/** Prints the sources of the addon, as native/CMakeLists.txt lists them: for binding.gyp. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const text = readFileSync(path.join(root, 'native/CMakeLists.txt'), 'utf8');
const sourcesOf = (target) => {
  const match = new RegExp(`add_library\\(${target}\\s+\\w+\\s+([^)]*)\\)`).exec(text);
  return [...match[1].matchAll(/\S+\.cpp/g)].map(([file]) => `native/${file}`);
};
console.log([...sourcesOf('wl_runner'), ...sourcesOf('wirelet_addon')].join(' '));
