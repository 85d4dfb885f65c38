/** The first two stages for all who have a file and want a graph to build or run. */
import { DiagnosticError, Diagnostics, type Diagnostic } from '../diagnostics.js';
import { check } from './check.js';
import type { CheckedGraph, Graph } from './graph.js';
import { readGraph } from './read.js';

export interface LoadOptions {
  /** Values of the graph's parameters. */
  readonly set?: Readonly<Record<string, string>>;
  /** Folders of the user's own elements, besides those that the graph names. */
  readonly elementFolders?: readonly string[];
}

export interface LoadedGraph {
  readonly graph?: Graph;
  /** Absent when there are errors. */
  readonly checked?: CheckedGraph;
  /** Errors and warnings, in the order of the files. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and checks; what is wrong is in the result. */
export async function tryLoadGraph(file: string, options: LoadOptions = {}): Promise<LoadedGraph> {
  const diagnostics = new Diagnostics();
  const graph = await readGraph(file, diagnostics);
  const set = new Map(Object.entries(options.set ?? {}));
  const checked = graph && (await check(graph, { set, elementFolders: options.elementFolders ?? [] }, diagnostics));
  return { graph, checked: diagnostics.failed ? undefined : checked, diagnostics: inOrder(diagnostics.list) };
}

/** Reads and checks; throws all diagnostics if there is an error among them. */
export async function loadGraph(file: string, options: LoadOptions = {}): Promise<{ graph: Graph; checked: CheckedGraph; warnings: readonly Diagnostic[] }> {
  const { graph, checked, diagnostics } = await tryLoadGraph(file, options);
  if (graph === undefined || checked === undefined) throw new DiagnosticError(diagnostics);
  return { graph, checked, warnings: diagnostics };
}

function inOrder(list: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(list.map(({ span }) => span?.source.file))];
  return [...list].sort((a, b) => files.indexOf(a.span?.source.file) - files.indexOf(b.span?.source.file) || (a.span?.start ?? 0) - (b.span?.start ?? 0));
}
