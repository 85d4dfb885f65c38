/** Checked graphs from Click's notation, for tests of elements. */
import { DiagnosticError, Diagnostics, SourceText } from '#src/diagnostics.js';
import { check } from '#src/graph/check.js';
import type { CheckedGraph } from '#src/graph/graph.js';
import { readClick } from '#src/graph/read-click.js';
import { SourceFiles } from '#src/graph/source-files.js';

export async function clickGraph(text: string): Promise<CheckedGraph> {
  const diagnostics = new Diagnostics();
  const source = new SourceText('test.click', text);
  const graph = readClick(source, new SourceFiles(diagnostics), diagnostics);
  const result = await check({ ...graph, files: [source] }, { set: new Map(), elementFolders: [] }, diagnostics);
  if (result === undefined) throw new DiagnosticError(diagnostics.list);
  return result;
}
