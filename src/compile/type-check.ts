/**
 * TypeScript's own diagnostics for a user's elements, beside the compiler's. The package's elements are
 * checked when the package is built, so a graph without elements of the user's own never pays for this.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from '../typescript.js';
import { Diagnostics, SourceText } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
};

/** Adds what tsc has to say about the files; `show` turns a path into what messages call it. */
export function typeCheck(files: readonly string[], diagnostics: Diagnostics, show: (file: string) => string): void {
  if (files.length === 0) return;
  // Wherever the user's folder lies, `wirelet` means this package.
  const declarations = path.join(packageRoot, 'dist/src/index.d.ts');
  const paths = { wirelet: [existsSync(declarations) ? declarations : path.join(packageRoot, 'src/index.ts')] };
  const program = ts.createProgram(files, { ...OPTIONS, paths });
  const texts = new Map<ts.SourceFile, SourceText>();
  const own = new Set(files.map((file) => path.resolve(file)));
  for (const found of ts.getPreEmitDiagnostics(program)) {
    const { file } = found;
    if (file === undefined || !own.has(path.resolve(file.fileName))) continue;
    let text = texts.get(file);
    if (text === undefined) texts.set(file, (text = new SourceText(show(file.fileName), file.text)));
    const start = found.start ?? 0;
    const span = text.span(start, start + (found.length ?? 1));
    const message = ts.flattenDiagnosticMessageText(found.messageText, '\n');
    const add = found.category === ts.DiagnosticCategory.Error ? diagnostics.error : diagnostics.warning;
    add.call(diagnostics, 'WL2018', span, `${message.replace(/\.$/, '')} (TS${found.code})`);
  }
}
