/**
 * From the tree of a YAML or JSON file to a graph. Whatever has not the shape of a graph file is noted as
 * malformed and left out; shape-check.ts then says what is wrong with it.
 */
import type { Diagnostics, SourceText } from '../diagnostics.js';
import { ClassScope } from './class-scope.js';
import { BodyBuilder } from './click-body.js';
import { parseClick } from './click-parser.js';
import type { Statement } from './click-syntax.js';
import { entryOf, isEmpty, textOf, type DocumentNode, type MapEntry, type MapNode } from './document.js';
import { readElement, unreadElement } from './element-entry.js';
import type { ClassUse, Compound, CompoundParameter, Graph, InterfaceDeclaration, Located, Parameter } from './graph.js';
import { DEFAULT_VERSION, nameOfFile } from './read-click.js';
import type { SourceFiles } from './source-files.js';
import { CORES_MAX } from './split.js';

/** Keys of the file itself; those that begin with `x-` are the author's own. */
const TOP_KEYS = new Set([
  '$schema', 'name', 'version', 'description', 'cpus', 'loops', 'parameters', 'interfaces', 'element_path', 'elements', 'compounds', 'graph',
]);
const COMPOUND_KEYS = new Set(['description', 'parameters', 'inputs', 'outputs', 'elements', 'compounds', 'graph']);
const INTERFACE_KEYS = new Set(['mac', 'address', 'description']);

/** Key in `elements` for folders of the user's own elements. */
export const FROM_KEY = 'from';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class DocumentReader {
  /** Values that have not the shape they must have. */
  readonly malformed: DocumentNode[] = [];
  private readonly classUses: ClassUse[] = [];
  private readonly folders: Located<string>[] = [];

  constructor(
    private readonly source: SourceText,
    private readonly files: SourceFiles,
    private readonly diagnostics: Diagnostics,
  ) {}

  read(tree: DocumentNode): Graph | undefined {
    if (tree.kind !== 'map') {
      this.malformed.push(tree);
      return undefined;
    }
    this.checkKeys(tree, TOP_KEYS);
    if (entryOf(tree, 'graph') === undefined) this.malformed.push(tree);
    const interfaces = this.interfaces(entryOf(tree, 'interfaces')?.value);
    const { body, compounds } = this.body(tree, new ClassScope(), new Set(interfaces.map(({ name }) => name.value)), false);
    this.folderList(entryOf(tree, 'element_path')?.value);
    return {
      name: this.applianceName(entryOf(tree, 'name')?.value),
      version: this.text(entryOf(tree, 'version')?.value)?.value ?? DEFAULT_VERSION,
      source: this.source,
      files: this.files.list,
      parameters: this.parameters(entryOf(tree, 'parameters')?.value),
      interfaces,
      cpus: this.processors(entryOf(tree, 'cpus')?.value),
      loopsWait: this.loops(entryOf(tree, 'loops')?.value),
      elementFolders: this.folders,
      body,
      compounds,
      classUses: this.classUses,
    };
  }

  // ---- the parts of a file ---------------------------------------------------------------------------------

  private applianceName(node: DocumentNode | undefined): string {
    const name = this.text(node);
    if (name === undefined) return nameOfFile(this.source.file);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name.value)) {
      const hint = 'A name has up to 63 letters, digits, dots, underscores and dashes, a letter or digit first.';
      this.diagnostics.error('WL1023', name.span, `"${name.value}" cannot be the name of an appliance`, hint);
    }
    return name.value;
  }

  private processors(node: DocumentNode | undefined): Located<number> | undefined {
    if (node === undefined || isEmpty(node)) return undefined;
    if (node.kind !== 'scalar' || typeof node.value !== 'number' || !Number.isInteger(node.value) || node.value < 1 || node.value > CORES_MAX) {
      this.refuse(node);
      return undefined;
    }
    return { value: node.value, span: node.span };
  }

  private loops(node: DocumentNode | undefined): boolean {
    if (node === undefined || isEmpty(node)) return false;
    if (node.kind === 'scalar' && node.value === 'wait') return true;
    this.refuse(node);
    return false;
  }

  private parameters(node: DocumentNode | undefined): Parameter[] {
    if (node === undefined || isEmpty(node)) return [];
    if (node.kind !== 'map') return this.refuse(node);
    return node.entries.flatMap(({ key, value }) => {
      if (!this.isWord(key, 'a parameter')) return [];
      if (isEmpty(value)) return [{ name: key }];
      const text = this.parameterText(value);
      return text === undefined ? [] : [{ name: key, value: text }];
    });
  }

  /** A parameter is text; a list is the text of a list of arguments. */
  private parameterText(node: DocumentNode): Located<string> | undefined {
    if (node.kind !== 'list') return this.text(node);
    const items = node.items.map((item) => this.text(item)?.value);
    return items.includes(undefined) ? undefined : { value: items.join(', '), span: node.span };
  }

  private interfaces(node: DocumentNode | undefined): InterfaceDeclaration[] {
    if (node === undefined || isEmpty(node)) return [];
    if (node.kind === 'scalar') return this.refuse(node);
    const found = new Map<string, InterfaceDeclaration>();
    for (const declaration of node.kind === 'list' ? this.namedInterfaces(node.items) : this.mappedInterfaces(node)) {
      const { name } = declaration;
      const earlier = found.get(name.value);
      if (earlier !== undefined) {
        this.diagnostics.error('WL1024', name.span, `the interface "${name.value}" is listed twice`, undefined, [
          { message: 'first here', span: earlier.name.span },
        ]);
      } else if (this.isInterfaceName(name)) {
        found.set(name.value, declaration);
      }
    }
    return [...found.values()];
  }

  private namedInterfaces(items: readonly DocumentNode[]): InterfaceDeclaration[] {
    return items.flatMap((item) => {
      const name = this.text(item);
      return name === undefined ? [] : [{ name }];
    });
  }

  private mappedInterfaces(map: MapNode): InterfaceDeclaration[] {
    return map.entries.map(({ key, value }) => {
      if (isEmpty(value)) return { name: key };
      if (value.kind !== 'map') {
        this.refuse(value);
        return { name: key };
      }
      this.checkKeys(value, INTERFACE_KEYS);
      return { name: key, mac: this.text(entryOf(value, 'mac')?.value), address: this.text(entryOf(value, 'address')?.value) };
    });
  }

  private folderList(node: DocumentNode | undefined): void {
    if (node === undefined || isEmpty(node)) return;
    for (const item of node.kind === 'list' ? node.items : [node]) {
      const folder = this.text(item);
      if (folder !== undefined) this.folders.push(folder);
    }
  }

  // ---- elements, compounds, arrows: of a graph or of a compound ------------------------------------------------

  private body(map: MapNode, outer: ClassScope, interfaces: ReadonlySet<string>, nested: boolean) {
    const scope = new ClassScope(outer);
    const compounds = this.compounds(entryOf(map, 'compounds')?.value, scope);
    const builder = new BodyBuilder({
      scope,
      diagnostics: this.diagnostics,
      nested,
      interfaces,
      classUses: this.classUses,
      library: undefined,
    });
    this.elements(entryOf(map, 'elements')?.value, builder, nested);
    const graph = entryOf(map, 'graph');
    if (graph !== undefined) builder.add(this.statements(graph.value, nested));
    const finished = builder.finish();
    return { body: finished.body, compounds: [...compounds, ...finished.compounds], definitions: finished.definitions };
  }

  private elements(node: DocumentNode | undefined, builder: BodyBuilder, nested: boolean): void {
    if (node === undefined || isEmpty(node)) return;
    if (node.kind === 'scalar' && !nested) return this.folderList(node);
    if (node.kind !== 'map') return void this.refuse(node);
    for (const entry of node.entries) {
      if (entry.key.value === FROM_KEY && !nested) {
        this.folderList(entry.value);
        continue;
      }
      this.isElementName(entry.key);
      const element = readElement(entry, this.diagnostics);
      if (element === undefined) this.malformed.push(entry.value);
      // Declared even so, so that arrows may name it without a further complaint.
      const { class: type, arguments: given } = element ?? unreadElement(entry.value.span);
      builder.declare({ name: entry.key, ...builder.classOf(type), arguments: given, anonymous: false });
    }
  }

  private statements(node: DocumentNode, nested: boolean): Statement[] {
    if (isEmpty(node)) return [];
    const texts = node.kind === 'list' ? node.items : [node];
    return texts.flatMap((text) => {
      if (text.kind !== 'scalar' || typeof text.value !== 'string') return this.refuse<Statement>(text);
      return parseClick(text.placed(), this.diagnostics, nested);
    });
  }

  /** All names first, then the bodies: compounds of a file may use one another in any order. */
  private compounds(node: DocumentNode | undefined, scope: ClassScope): Compound[] {
    if (node === undefined || isEmpty(node)) return [];
    if (node.kind !== 'map') return this.refuse(node);
    const pending: { compound: Mutable<Compound>; map: MapNode }[] = [];
    for (const entry of node.entries) {
      const definitions = this.definitionsOf(entry);
      scope.bind(entry.key.value, { definitions: definitions.map(({ compound }) => compound) });
      pending.push(...definitions);
    }
    for (const { compound, map } of pending) {
      const inner = new ClassScope(scope);
      // Inside its own definition the name means what it meant before: an element class.
      inner.bind(compound.name.value, { definitions: [], elementClass: compound.name.value });
      Object.assign(compound, this.body(map, inner, new Set(), true));
    }
    return pending.map(({ compound }) => compound);
  }

  /** One definition, or a list of overloads. */
  private definitionsOf({ key, value }: MapEntry): { compound: Mutable<Compound>; map: MapNode }[] {
    const maps = value.kind === 'list' ? value.items : [value];
    if (!this.isElementName(key)) return [];
    return maps.flatMap((map) => {
      if (map.kind !== 'map') return this.refuse(map);
      this.checkKeys(map, COMPOUND_KEYS);
      if (entryOf(map, 'graph') === undefined) this.malformed.push(map);
      const compound: Mutable<Compound> = {
        name: key,
        parameters: this.formals(entryOf(map, 'parameters')?.value),
        inputs: this.portNames(entryOf(map, 'inputs')?.value),
        outputs: this.portNames(entryOf(map, 'outputs')?.value),
        body: { declarations: [], connections: [] },
        compounds: [],
        definitions: [],
      };
      return [{ compound, map }];
    });
  }

  /** `[rate, capacity]`, or `{ rate: , capacity: 1000 }` with defaults. */
  private formals(node: DocumentNode | undefined): CompoundParameter[] {
    if (node === undefined || isEmpty(node)) return [];
    const named = node.kind === 'list' ? node.items.flatMap((item) => this.text(item) ?? []).map((name) => ({ name })) : this.parameters(node);
    return named.map((parameter) => ({ ...parameter, keyword: parameter.name.value.toUpperCase(), positional: true }));
  }

  private portNames(node: DocumentNode | undefined): Located<string>[] | undefined {
    if (node === undefined || isEmpty(node)) return undefined;
    if (node.kind !== 'list') return this.refuse(node);
    const names = node.items.flatMap((item) => this.text(item) ?? []);
    for (const [index, name] of names.entries()) {
      if (names.findIndex(({ value }) => value === name.value) !== index) {
        this.diagnostics.error('WL1024', name.span, `two ports are named "${name.value}"`);
      } else {
        this.isWord(name, 'a port');
      }
    }
    return names;
  }

  // ---- values and names ------------------------------------------------------------------------------------------

  private text(node: DocumentNode | undefined): Located<string> | undefined {
    if (node === undefined) return undefined;
    const text = textOf(node);
    if (text === undefined) this.malformed.push(node);
    return text;
  }

  private refuse<T>(node: DocumentNode): T[] {
    this.malformed.push(node);
    return [];
  }

  private checkKeys(map: MapNode, known: ReadonlySet<string>): void {
    if (map.entries.some(({ key }) => !known.has(key.value) && !key.value.startsWith('x-'))) this.malformed.push(map);
  }

  private isElementName(name: Located<string>): boolean {
    return this.isName(name, /^[A-Za-z0-9_@]*[A-Za-z_@][A-Za-z0-9_@]*$/, 'an element', 'letters, digits and underscores, and at least one letter');
  }

  private isInterfaceName(name: Located<string>): boolean {
    const reserved = name.value === 'input' || name.value === 'output';
    const pattern = reserved ? /^$/ : /^(?=.{1,31}$)[A-Za-z0-9_]*[A-Za-z_][A-Za-z0-9_]*$/;
    return this.isName(name, pattern, 'an interface', reserved ? 'another name: this one is kept for compounds' : 'up to 31 letters, digits and underscores, and at least one letter');
  }

  private isWord(name: Located<string>, what: string): boolean {
    return this.isName(name, /^[A-Za-z_]\w*$/, what, 'letters, digits and underscores, a letter first');
  }

  private isName(name: Located<string>, pattern: RegExp, what: string, allowed: string): boolean {
    if (pattern.test(name.value)) return true;
    const better = name.value.replace(/[^A-Za-z0-9_]+/g, '_');
    const hint = pattern.test(better) ? `For example "${better}".` : undefined;
    this.diagnostics.error('WL1023', name.span, `"${name.value}" cannot be the name of ${what}: it has ${allowed}`, hint);
    return false;
  }
}
