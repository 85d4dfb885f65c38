/** YAML 1.2 with the place of every value, by the package `yaml`. */
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, type Document, type Node, type YAMLError } from 'yaml';
import type { Diagnostics, SourceText, Span } from '../diagnostics.js';
import type { DocumentNode, MapEntry, ScalarNode } from './document.js';
import { includedList } from './included-list.js';
import { alignText, PlacedText } from './placed-text.js';
import type { SourceFiles } from './source-files.js';
import { maskArrows, maskedText, type MaskedRegion } from './unquoted-arrows.js';
import { tooDeepAt } from './yaml-depth.js';
import { explainYamlError } from './yaml-errors.js';

/** Values of one file, aliases counted each time they are used. */
const NODES_MAX = 2_000_000;

/** The tree of a YAML text; undefined, with diagnostics, when it cannot be parsed. */
export function parseYaml(
  source: SourceText,
  files: SourceFiles,
  diagnostics: Diagnostics,
): DocumentNode | undefined {
  const deep = tooDeepAt(source.text);
  const tooDeep = (at: number) => diagnostics.error('WL1052', source.span(at, at + 1), 'lists and maps are nested too deep', 'A graph needs a handful of levels.');
  if (deep !== undefined) {
    tooDeep(deep);
    return undefined;
  }
  let document: Document.Parsed;
  try {
    document = parse(source.text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Where the stack was not as deep as is taken for granted.
    tooDeep(0);
    return undefined;
  }
  let regions: readonly MaskedRegion[] = [];
  if (document.errors.length > 0 || misreadsArrows(document)) {
    const masked = maskArrows(source.text);
    if (masked.regions.length > 0) {
      regions = masked.regions;
      document = parse(masked.text);
    }
  }
  if (document.errors.length > 0) {
    reportErrors(document.errors, source, diagnostics);
    return undefined;
  }
  return new TreeBuilder(source, files, diagnostics, regions).build(document);
}

function parse(text: string): Document.Parsed {
  return parseDocument(text, { prettyErrors: false, uniqueKeys: false, stringKeys: false });
}

/** Whether some `graph` is a list with something else than text in it. */
function misreadsArrows(document: Document.Parsed): boolean {
  const pending: unknown[] = [document.contents];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isMap(node)) continue;
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.value === 'graph') {
        if (isMap(value)) return true;
        if (isSeq(value) && !value.items.every((item) => isScalar(item) || isAlias(item))) return true;
      } else {
        pending.push(value);
      }
    }
  }
  return false;
}

/** One mistake often makes several errors: only the first of each kind and place is worth reading. */
function reportErrors(errors: readonly YAMLError[], source: SourceText, diagnostics: Diagnostics): void {
  const [first] = errors;
  for (const error of errors) {
    const independent = error === first || error.code === 'DUPLICATE_KEY' || error.code === 'TAB_AS_INDENT';
    if (!independent) continue;
    const { code, message, hint, start, end } = explainYamlError(error, source);
    diagnostics.error(code, source.span(start, end), message, hint);
  }
}

class TreeBuilder {
  private readonly anchors = new Map<string, Node>();
  private readonly built = new Map<Node, DocumentNode>();
  private readonly open = new Set<Node>();
  private readonly regions: ReadonlyMap<number, MaskedRegion>;
  private readonly weights = new Map<Node, number>();
  private count = 0;
  private full = false;

  constructor(
    private readonly source: SourceText,
    private readonly files: SourceFiles,
    private readonly diagnostics: Diagnostics,
    regions: readonly MaskedRegion[],
  ) {
    this.regions = new Map(regions.map((region) => [region.start, region]));
  }

  build(document: Document.Parsed): DocumentNode {
    return document.contents === null ? this.nothing(0) : this.node(document.contents as Node);
  }

  private node(node: Node): DocumentNode {
    const before = this.count;
    this.count += 1;
    if (this.count > NODES_MAX) return this.tooMany(node);
    if (isAlias(node)) return this.alias(node);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    this.open.add(node);
    const result = this.included(node) ?? this.plain(node);
    this.open.delete(node);
    this.built.set(node, result);
    this.weights.set(node, this.count - before);
    return result;
  }

  private plain(node: Node): DocumentNode {
    const span = this.spanOf(node);
    if (isMap(node)) return { kind: 'map', entries: this.entries(node.items), span };
    if (isSeq(node)) return { kind: 'list', items: this.items(node.items), span };
    if (isScalar(node)) return this.scalar(node, span);
    return this.nothing(span.start);
  }

  private alias(node: Node & { source: string }): DocumentNode {
    const target = this.anchors.get(node.source);
    const span = this.spanOf(node);
    if (target === undefined) {
      const hint = `An anchor is set before it is used: &${node.source} at a value further up.`;
      this.diagnostics.error('WL1013', span, `there is no anchor &${node.source} for this alias`, hint);
      return this.nothing(span.start);
    }
    if (this.open.has(target)) {
      this.diagnostics.error('WL1013', span, `the alias *${node.source} stands inside the value that it repeats`);
      return this.nothing(span.start);
    }
    // Each use counts: a few aliases of aliases stand for more values than there is memory.
    this.count += this.weights.get(target) ?? 0;
    if (this.count > NODES_MAX) return this.tooMany(node);
    return this.built.get(target) ?? this.nothing(span.start);
  }

  /** Said once; what follows is left out. */
  private tooMany(node: Node): DocumentNode {
    const span = this.spanOf(node);
    if (!this.full) this.diagnostics.error('WL1015', span, `from here on there are more than ${NODES_MAX} values, aliases counted each time they are used`, 'Keep long lists in files of their own: rules: !include FILE.');
    this.full = true;
    return this.nothing(span.start);
  }

  /** `!include file`: the list in that file. Other tags are refused. */
  private included(node: Node): DocumentNode | undefined {
    const { tag } = node;
    if (tag === undefined || tag.startsWith('tag:yaml.org,2002:') || tag === '!') return undefined;
    const span = this.spanOf(node);
    if (tag !== '!include') {
      const hint = 'Graph files have one tag: `!include FILE`, a list kept in a file of its own.';
      this.diagnostics.error('WL1014', this.tagSpan(span), `the tag ${tag} is not known here`, hint);
      return undefined;
    }
    if (!isScalar(node) || typeof node.value !== 'string' || node.value === '') {
      this.diagnostics.error('WL1014', span, '!include wants the name of a file', 'For example: rules: !include rules.txt');
      return this.nothing(span.start);
    }
    const file = this.files.include(node.value, span);
    return file === undefined ? this.nothing(span.start) : includedList(file);
  }

  /** The tag stands before the value, on its line. */
  private tagSpan(span: Span): Span {
    const line = this.source.text.lastIndexOf('\n', span.start) + 1;
    const at = this.source.text.lastIndexOf('!', span.start);
    return at < line ? span : this.source.span(at, span.end);
  }

  private items(items: readonly unknown[]): DocumentNode[] {
    return items.flatMap((item) => {
      const node = this.node(item as Node);
      // A file included as an item of a list gives its items to that list.
      const spliced = isScalar(item) && item.tag === '!include' && node.kind === 'list';
      return spliced ? node.items : [node];
    });
  }

  private entries(pairs: readonly unknown[]): MapEntry[] {
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const pair of pairs) {
      if (!isPair(pair) || !isScalar(pair.key)) {
        if (isPair(pair) && pair.key) this.diagnostics.error('WL1021', this.spanOf(pair.key as Node), 'a key is one word, not a list or a map');
        continue;
      }
      const span = this.spanOf(pair.key);
      const value = pair.value === null ? this.nothing(span.end) : this.node(pair.value as Node);
      if (pair.key.value === '<<' && pair.key.type === 'PLAIN') {
        this.merge(value, merged);
        continue;
      }
      this.addOwn({ key: { value: pair.key.source ?? String(pair.key.value), span }, value }, own);
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return [...own.values()];
  }

  private addOwn(entry: MapEntry, own: Map<string, MapEntry>): void {
    const name = entry.key.value;
    const earlier = own.get(name);
    if (earlier === undefined) {
      own.set(name, entry);
      return;
    }
    this.diagnostics.error('WL1012', entry.key.span, `the key "${name}" is given twice in this map`, undefined, [
      { message: 'first given here', span: earlier.key.span },
    ]);
  }

  /** `<<: *base` or `<<: [*a, *b]`; what comes first wins (the merge key of YAML 1.1). */
  private merge(value: DocumentNode, merged: Map<string, MapEntry>): void {
    const maps = value.kind === 'list' ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== 'map') {
        this.diagnostics.error('WL1021', map.span, 'the merge key << takes a map, or a list of maps');
        continue;
      }
      for (const entry of map.entries) if (!merged.has(entry.key.value)) merged.set(entry.key.value, entry);
    }
  }

  private scalar(node: Node & { value: unknown; source?: string; type?: string }, span: Span): ScalarNode {
    const region = this.regions.get(span.start);
    if (region !== undefined) {
      const text = maskedText(this.source.text, region);
      const placed = () => PlacedText.at(text, this.source, region.start);
      return { kind: 'scalar', value: text, source: text, span: this.source.span(region.start, region.end), placed };
    }
    const source = node.source ?? '';
    const value = scalarValue(node.value, source);
    const placed = () => alignText(String(value), this.source, span.start + headerLength(node, this.source, span), span.end, node.type === 'QUOTE_DOUBLE');
    return { kind: 'scalar', value, source, span, placed };
  }

  private nothing(at: number): ScalarNode {
    const span = this.source.span(at, at);
    return { kind: 'scalar', value: null, source: '', span, placed: () => PlacedText.slice(this.source, at, at) };
  }

  private spanOf(node: Node): Span {
    const [start, end] = node.range ?? [0, 0];
    return this.source.span(start, Math.max(start, end));
  }
}

function scalarValue(value: unknown, source: string): ScalarNode['value'] {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return source;
}

/** Length of the `|` or `>` line in front of a block of text. */
function headerLength(node: { type?: string }, source: SourceText, span: Span): number {
  if (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED') return 0;
  const end = source.text.indexOf('\n', span.start);
  return end < 0 ? 0 : end + 1 - span.start;
}
