/**
 * Element classes by name: those of this package, and those in folders of the user's. A class is loaded
 * when it is first asked for; what is wrong with its file becomes a diagnostic.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceText, type Diagnostics, type Span } from '../diagnostics.js';
import { isElementClass, type ElementClass } from '../kit/element.js';
import { isPacked, ModulesApart } from '../modules-apart.js';
import { packageRoot } from '../package-root.js';
import { Unavailable } from '../unavailable.js';
import { builtInElements, declaredName, userElements, type ElementFile, type ElementFolder } from './element-index.js';
import { placeOfError } from './error-place.js';
import { hashOfModules, moduleClosure } from './module-closure.js';

export interface LoadedElement {
  readonly class: ElementClass;
  readonly source: ElementFile;
  /** Of its TypeScript and all that this imports beside it. */
  readonly sha256: string;
}

export class Registry {
  private readonly files = new Map<string, ElementFile>();
  private readonly loaded = new Map<string, Promise<LoadedElement | undefined>>();

  constructor(
    folders: readonly ElementFolder[],
    private readonly diagnostics: Diagnostics,
  ) {
    for (const file of builtInElements()) this.files.set(file.name, file);
    for (const file of userElements(folders, diagnostics)) this.add(file);
  }

  private add(file: ElementFile): void {
    const other = this.files.get(file.name);
    if (other === undefined || other.file === file.file) {
      this.files.set(file.name, file);
    } else if (/^[A-Z]/.test(file.name)) {
      const message = other.builtIn
        ? `${file.shownAs} has the name of an element that is built in`
        : `${file.shownAs} and ${other.shownAs} define the same element class`;
      this.diagnostics.error('WL1224', topOf(file), message, 'Give the element and its file another name.');
    }
  }

  /** All classes, in alphabetical order. */
  names(): string[] {
    return [...this.files.values()].filter(({ name }) => /^[A-Z]/.test(name)).map(({ name }) => name).sort();
  }

  file(name: string): ElementFile | undefined {
    return this.files.get(name);
  }

  /** A file of the user's that defines `name` under another file name. */
  misnamed(name: string): ElementFile | undefined {
    return [...this.files.values()].find((file) => !file.builtIn && file.name !== name && declaredName(file) === name);
  }

  /** The class of that name; undefined when there is none, or, with a diagnostic, when its file is wrong. */
  load(name: string): Promise<LoadedElement | undefined> {
    let promise = this.loaded.get(name);
    if (promise === undefined) {
      const file = this.files.get(name);
      promise = file === undefined ? Promise.resolve(undefined) : this.loadFile(file);
      this.loaded.set(name, promise);
    }
    return promise;
  }

  private async loadFile(source: ElementFile): Promise<LoadedElement | undefined> {
    const exported = await this.importFile(source);
    if (exported === undefined) return undefined;
    const element = exported.default;
    if (!isElementClass(element)) {
      const hint = 'An element file says `export default defineElement({ ... })`.';
      this.diagnostics.error('WL1222', topOf(source), `${source.shownAs} does not export an element`, hint);
      return undefined;
    }
    if (element.name !== source.name && (await this.passesOn(element))) return this.load(element.name);
    if (element.name !== source.name) {
      const hint = `Name the file ${element.name}.ts, or the element "${source.name}".`;
      this.diagnostics.error('WL1223', nameIn(source, element.name), `the element in ${source.shownAs} is named "${element.name}"`, hint);
      return undefined;
    }
    return new LoadedFile(element, source);
  }

  /** Whether that class has a file with its name: then one with another name passes it on, and it can be written by both (Click's `EXPORT_ELEMENT(A A-B)`). */
  private async passesOn(element: ElementClass): Promise<boolean> {
    const own = this.files.get(element.name);
    return own !== undefined && (await this.importFile(own))?.default === element;
  }

  private async importFile(source: ElementFile): Promise<{ default?: unknown } | undefined> {
    const url = source.builtIn ? compiledUrl(source) : (await this.compile(source))?.url;
    if (url === undefined) return undefined;
    try {
      return (await import(url)) as { default?: unknown };
    } catch (error) {
      const { message, hint } = explainImport(error);
      this.diagnostics.error('WL1225', placeOfError(error) ?? topOf(source), `${source.shownAs} cannot be loaded: ${message}`, hint);
      return undefined;
    }
  }

  private async compile(source: ElementFile): Promise<{ url: string } | undefined> {
    if (isPacked(import.meta)) throw new ModulesApart();
    const { compileUserModule } = await import('./user-modules.js');
    return compileUserModule(source.file, source.shownAs, this.diagnostics);
  }
}

/** What is hashed of the user's is what was loaded; this package's files stay as they are, and often nobody asks. */
class LoadedFile implements LoadedElement {
  readonly class: ElementClass;
  private hash: string | undefined;

  constructor(
    element: ElementClass,
    readonly source: ElementFile,
  ) {
    this.class = element;
    if (!source.builtIn) this.hash = this.sha256;
  }

  get sha256(): string {
    return (this.hash ??= hashOfModules(moduleClosure(this.source.file)));
  }
}

function compiledUrl({ file }: ElementFile): string {
  const relative = path.relative(packageRoot, file).replace(/\.ts$/, '.js');
  const compiled = path.join(packageRoot, 'dist', relative);
  if (!existsSync(compiled)) throw new Unavailable(`${relative} has not been compiled`, 'npm run build');
  return pathToFileURL(compiled).href;
}

function explainImport(error: unknown): { message: string; hint?: string } {
  const text = error instanceof Error ? error.message : String(error);
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(text);
  if (missing !== null) {
    const name = missing[1]!;
    const local = path.isAbsolute(name);
    return {
      message: `it imports ${local ? path.basename(name) : name}, which is not there`,
      hint: local ? undefined : `Install it in the folder of the element: npm install ${name}`,
    };
  }
  const unexported = /requested module '[^']*' does not provide an export named '([^']+)'/.exec(text);
  if (unexported !== null) return { message: `it imports "${unexported[1]}", which that module does not export` };
  return { message: text };
}

function topOf({ file, shownAs }: ElementFile): Span {
  const source = new SourceText(shownAs, readFileSync(file, 'utf8'));
  const at = source.text.search(/export\s+default/);
  const start = Math.max(0, at);
  return source.span(start, start + Math.max(1, source.line(source.position(start).line).length));
}

function nameIn(source: ElementFile, name: string): Span {
  const top = topOf(source);
  const at = top.source.text.indexOf(name, top.start);
  return at < 0 ? top : top.source.span(at, at + name.length);
}
