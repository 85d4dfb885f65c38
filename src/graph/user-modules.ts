/**
 * Elements in a user's own folder: their TypeScript is turned into JavaScript, kept under the hash of what
 * it was made from. `wirelet` in them means this very package, wherever the folder lies. Types are not
 * checked here. Source maps are kept, so that a debugger shows the TypeScript.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type ts from 'typescript';
import { SourceText, type Diagnostics } from '../diagnostics.js';
import { cacheFolder } from '../cache-folder.js';
import { moduleClosure, type ModuleFile } from './module-closure.js';

/** Changed when the same input would give other JavaScript. */
const FORMAT = 1;

const kitUrl = new URL('../index.js', import.meta.url).href;

/** Where the JavaScript of a user's file is; undefined, with diagnostics, when it is no TypeScript. */
export async function compileUserModule(
  file: string,
  shownAs: string,
  diagnostics: Diagnostics,
): Promise<{ url: string } | undefined> {
  const modules = moduleClosure(file);
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const outputs = new Map(modules.map((module) => [module.file, outputFile(module, byFile)]));
  for (const module of modules) {
    const output = outputs.get(module.file)!;
    if (module.file.endsWith('.json') || existsSync(output)) continue;
    const shown = path.join(path.dirname(shownAs), path.relative(path.dirname(file), module.file));
    const text = await transpile(module, shown, outputs, diagnostics);
    if (text === undefined) return undefined;
    writeAtomically(output, text);
  }
  return { url: pathToFileURL(outputs.get(modules[0]!.file)!).href };
}

/** Named after everything that decides its content: the modules it reaches, and where they lie. */
function outputFile(module: ModuleFile, byFile: ReadonlyMap<string, ModuleFile>): string {
  if (module.file.endsWith('.json')) return module.file;
  const reached = new Set<string>();
  const pending = [module.file];
  while (pending.length > 0) {
    const file = pending.pop()!;
    if (reached.has(file)) continue;
    reached.add(file);
    pending.push(...(byFile.get(file)?.imports.values() ?? []));
  }
  const hash = createHash('sha256').update(`${FORMAT} ${kitUrl} ${module.file}\n`);
  for (const file of [...reached].sort()) hash.update(`${file}\0${byFile.get(file)?.text ?? ''}\0`);
  const name = path.basename(module.file).replace(/\.[^.]*$/, '');
  return path.join(cacheFolder('elements'), `${name}-${hash.digest('hex').slice(0, 32)}.mjs`);
}

async function transpile(
  module: ModuleFile,
  shownAs: string,
  outputs: ReadonlyMap<string, string>,
  diagnostics: Diagnostics,
): Promise<string | undefined> {
  const { default: compiler } = await import('../typescript.js');
  const { outputText, diagnostics: problems = [] } = compiler.transpileModule(module.text, {
    fileName: module.file,
    reportDiagnostics: true,
    compilerOptions: {
      target: compiler.ScriptTarget.ES2022,
      module: compiler.ModuleKind.ESNext,
      inlineSourceMap: true,
      inlineSources: true,
    },
    transformers: { after: [rewriteImports(compiler, (specifier) => rewritten(specifier, module, outputs))] },
  });
  if (problems.length === 0) return withAbsoluteSource(outputText, module.file);
  const source = new SourceText(shownAs, module.text);
  for (const { start = 0, length = 0, messageText } of problems) {
    const message = compiler.flattenDiagnosticMessageText(messageText, ' ');
    diagnostics.error('WL1226', source.span(start, start + length), `TypeScript: ${message.replace(/\.$/, '')}`);
  }
  return undefined;
}

function rewriteImports(compiler: typeof ts, rewrite: (specifier: string) => string): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;
    const literal = (node: ts.Expression) =>
      compiler.isStringLiteral(node) ? factory.createStringLiteral(rewrite(node.text)) : node;
    const visit = (node: ts.Node): ts.Node => {
      if (compiler.isImportDeclaration(node)) {
        return factory.updateImportDeclaration(node, node.modifiers, node.importClause, literal(node.moduleSpecifier), node.attributes);
      }
      if (compiler.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
        return factory.updateExportDeclaration(node, node.modifiers, node.isTypeOnly, node.exportClause, literal(node.moduleSpecifier), node.attributes);
      }
      if (compiler.isCallExpression(node) && node.expression.kind === compiler.SyntaxKind.ImportKeyword) {
        return factory.updateCallExpression(node, node.expression, node.typeArguments, node.arguments.map(literal));
      }
      return compiler.visitEachChild(node, visit, context);
    };
    return (file) => compiler.visitEachChild(file, visit, context);
  };
}

/** An import as it must be written in the cache folder. */
function rewritten(specifier: string, module: ModuleFile, outputs: ReadonlyMap<string, string>): string {
  if (specifier === 'wirelet') return kitUrl;
  if (specifier.startsWith('node:')) return specifier;
  if (specifier.startsWith('.')) {
    const target = module.imports.get(specifier);
    const output = target === undefined ? undefined : outputs.get(target);
    return pathToFileURL(output ?? path.resolve(path.dirname(module.file), specifier)).href;
  }
  try {
    const resolved = createRequire(module.file).resolve(specifier);
    return path.isAbsolute(resolved) ? pathToFileURL(resolved).href : specifier;
  } catch {
    return specifier;
  }
}

/** The source map names the file where it really is. */
function withAbsoluteSource(text: string, file: string): string {
  return text.replace(/(\/\/# sourceMappingURL=data:application\/json;base64,)(\S+)/, (_, prefix: string, data: string) => {
    const map = JSON.parse(Buffer.from(data, 'base64').toString()) as Record<string, unknown>;
    const absolute = { ...map, sourceRoot: '', sources: [pathToFileURL(file).href] };
    return prefix + Buffer.from(JSON.stringify(absolute)).toString('base64');
  });
}

function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

