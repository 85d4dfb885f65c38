/** Reads a graph from YAML or JSON. */
import type { Diagnostics, SourceText } from '../diagnostics.js';
import type { DocumentNode } from './document.js';
import { DocumentReader } from './document-reader.js';
import type { Graph } from './graph.js';
import type { SourceFiles } from './source-files.js';

/** The graph of a YAML file; undefined, with diagnostics, when it cannot be read at all. */
export async function readYaml(
  source: SourceText,
  files: SourceFiles,
  diagnostics: Diagnostics,
): Promise<Graph | undefined> {
  const { parseYaml } = await import('./yaml-tree.js');
  return readTree(parseYaml(source, files, diagnostics), source, files, diagnostics);
}

/** The graph of a JSON file: the same keys; what is no JSON is an error. */
export async function readJson(
  source: SourceText,
  files: SourceFiles,
  diagnostics: Diagnostics,
): Promise<Graph | undefined> {
  const { parseJson } = await import('./json-tree.js');
  return readTree(parseJson(source, diagnostics), source, files, diagnostics);
}

async function readTree(
  tree: DocumentNode | undefined,
  source: SourceText,
  files: SourceFiles,
  diagnostics: Diagnostics,
): Promise<Graph | undefined> {
  if (tree === undefined) return undefined;
  const reader = new DocumentReader(source, files, diagnostics);
  const graph = reader.read(tree);
  if (reader.malformed.length > 0) {
    // The validator takes a while to load, so it is asked only when there is something to explain.
    const { explainShape } = await import('./shape-check.js');
    explainShape(tree, reader.malformed, diagnostics);
  }
  return graph;
}
