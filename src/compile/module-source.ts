/**
 * TypeScript files as the compiler sees them: their syntax, what they import, and which functions and
 * constants they declare. No type checker is involved: values are what Node computed, or what lowering
 * finds out. (Type errors of a user's own elements are reported by type-check.ts.)
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from '../typescript.js';
import { SourceText, type Span } from '../diagnostics.js';

/** Something a module makes known by a name. */
export type Declared =
  | { readonly kind: 'function'; readonly node: ts.FunctionDeclaration; readonly module: ModuleSource }
  | { readonly kind: 'constant'; readonly initializer: ts.Expression; readonly node: ts.Node; readonly module: ModuleSource }
  /** From the kit, by its exported name. */
  | { readonly kind: 'kit'; readonly name: string }
  | { readonly kind: 'default'; readonly module: ModuleSource };

export class ModuleSource {
  readonly text: SourceText;
  readonly syntax: ts.SourceFile;
  private readonly declarations = new Map<string, Declared>();
  private readonly imports = new Map<string, { from: string; name: string }>();
  private readonly starImports: string[] = [];

  constructor(
    readonly file: string,
    shownAs: string,
    private readonly library: ModuleLibrary,
  ) {
    const source = readFileSync(file, 'utf8');
    this.text = new SourceText(shownAs, source);
    this.syntax = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
    for (const statement of this.syntax.statements) this.note(statement);
  }

  span(node: ts.Node): Span {
    return this.text.span(node.getStart(this.syntax), node.getEnd());
  }

  /** What `name` stands for at the top of this module. */
  find(name: string): Declared | undefined {
    const own = this.declarations.get(name);
    if (own !== undefined) return own;
    const imported = this.imports.get(name);
    if (imported !== undefined) return this.library.imported(this, imported.from, imported.name);
    return undefined;
  }

  /** What the module exports under `name`. */
  exported(name: string): Declared | undefined {
    const own = this.find(name);
    if (own !== undefined) return own;
    for (const from of this.starImports) {
      const found = this.library.imported(this, from, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The expression after `export default`. */
  defaultExport(): ts.Expression | undefined {
    for (const statement of this.syntax.statements) {
      if (ts.isExportAssignment(statement) && !statement.isExportEquals) return statement.expression;
    }
    return undefined;
  }

  names(): string[] {
    return [...this.declarations.keys(), ...this.imports.keys()];
  }

  private note(statement: ts.Statement): void {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
      // Overloads have no body; the implementation comes last and wins.
      this.declarations.set(statement.name.text, { kind: 'function', node: statement, module: this });
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (ts.isIdentifier(name) && initializer !== undefined) {
          this.declarations.set(name.text, { kind: 'constant', initializer, node: name, module: this });
        }
      }
    } else if (ts.isImportDeclaration(statement)) {
      this.noteImport(statement);
    } else if (ts.isExportDeclaration(statement)) {
      this.noteReexport(statement);
    }
  }

  private noteImport(statement: ts.ImportDeclaration): void {
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    const clause = statement.importClause;
    if (clause?.name !== undefined) this.imports.set(clause.name.text, { from, name: 'default' });
    const bindings = clause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) return;
    for (const element of bindings.elements) {
      this.imports.set(element.name.text, { from, name: (element.propertyName ?? element.name).text });
    }
  }

  private noteReexport(statement: ts.ExportDeclaration): void {
    if (statement.moduleSpecifier === undefined) return;
    const from = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (statement.exportClause === undefined) {
      this.starImports.push(from);
    } else if (ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) {
        this.imports.set(element.name.text, { from, name: (element.propertyName ?? element.name).text });
      }
    }
  }
}

/** All modules read so far; each file is parsed once. */
export class ModuleLibrary {
  private readonly modules = new Map<string, ModuleSource>();

  /** `show` turns a path into what messages and `#line` call it. */
  constructor(private readonly show: (file: string) => string) {}

  read(file: string): ModuleSource {
    let module = this.modules.get(file);
    if (module === undefined) {
      module = new ModuleSource(file, this.show(file), this);
      this.modules.set(file, module);
    }
    return module;
  }

  /** What `name` of module `from` is, seen from `module`. */
  imported(module: ModuleSource, from: string, name: string): Declared | undefined {
    if (from === 'wirelet') return { kind: 'kit', name };
    if (!from.startsWith('.')) return undefined;
    const file = this.resolve(path.resolve(path.dirname(module.file), from));
    if (file === undefined) return undefined;
    const target = this.read(file);
    return name === 'default' ? { kind: 'default', module: target } : target.exported(name);
  }

  private resolve(target: string): string | undefined {
    const candidates = [target.replace(/\.js$/, '.ts'), `${target}.ts`, path.join(target, 'index.ts')];
    return candidates.find((candidate) => candidate.endsWith('.ts') && existsSync(candidate));
  }
}
