/** Loads an element from TypeScript, as the registry does for a user's folder, for tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from '#src/typescript.js';
import { isElementClass, type ElementClass } from '#src/kit/index.js';

const LIBRARY = pathToFileURL(path.resolve('dist/src/index.js')).href;

/** The element class that `file` exports. */
export async function loadElement(file: string): Promise<ElementClass> {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const script = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: options }).outputText;
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-element-'));
  try {
    const compiled = path.join(folder, 'element.mjs');
    writeFileSync(compiled, script.replace("'wirelet'", JSON.stringify(LIBRARY)));
    const { default: element } = (await import(pathToFileURL(compiled).href)) as { default: unknown };
    if (!isElementClass(element)) throw new Error(`${file} defines no element`);
    return element;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
