/** The first stage: a graph file, in any of its languages, becomes a Graph. */
import path from 'node:path';
import type { Diagnostics } from '../diagnostics.js';
import type { Graph } from './graph.js';
import { SourceFiles } from './source-files.js';

/** Ends of the names of graph files. */
export const GRAPH_EXTENSIONS = ['.yaml', '.yml', '.json', '.click'] as const;

/** Reads `file`; undefined, with diagnostics, when no graph can be made of it. */
export async function readGraph(file: string, diagnostics: Diagnostics): Promise<Graph | undefined> {
  const extension = path.extname(file).toLowerCase();
  if (!(GRAPH_EXTENSIONS as readonly string[]).includes(extension)) {
    const hint = `Rename it: ${GRAPH_EXTENSIONS.slice(0, 2).join(' or ')} for YAML, .json for JSON, .click for Click's language.`;
    diagnostics.error('WL1001', undefined, `${file}: the name does not say what language the graph is in`, hint);
    return undefined;
  }
  const files = new SourceFiles(diagnostics);
  const source = files.open(file);
  if (source === undefined) return undefined;
  if (extension === '.click') {
    const { readClick } = await import('./read-click.js');
    return readClick(source, files, diagnostics);
  }
  const { readJson, readYaml } = await import('./read-yaml.js');
  return extension === '.json' ? readJson(source, files, diagnostics) : readYaml(source, files, diagnostics);
}
