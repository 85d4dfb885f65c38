/** A Click configuration from a file, an expression or standard input, checked. */
import { readFileSync } from 'node:fs';
import { Diagnostics, SourceText, type Diagnostic } from '../../diagnostics.js';
import { check } from '../../graph/check.js';
import type { CheckedGraph, Graph } from '../../graph/graph.js';
import { readClick } from '../../graph/read-click.js';
import { readGraph } from '../../graph/read.js';
import { systemMessage } from '../../kit/system-message.js';
import { SourceFiles } from '../../graph/source-files.js';

export interface ConfigurationSource {
  /** The configuration itself. */
  readonly expression?: string;
  /** Its file; `-` or absent: standard input. */
  readonly file?: string;
}

export interface LoadedConfiguration {
  readonly graph?: Graph;
  readonly checked?: CheckedGraph;
  readonly diagnostics: readonly Diagnostic[];
  /** How messages name the configuration. */
  readonly title: string;
}

/** Reads and checks; `set` gives values to `$names`, which the configuration need not define; `more` are further statements. */
export async function loadConfiguration(from: ConfigurationSource, set: ReadonlyMap<string, string>, more: readonly string[] = []): Promise<LoadedConfiguration> {
  const diagnostics = new Diagnostics();
  const { title, graph } = await readConfiguration(from, set, diagnostics, more);
  if (graph === undefined) return { diagnostics: diagnostics.list, title };
  const checked = await check(graph, { set, elementFolders: [], chatter: true }, diagnostics);
  return { graph, checked: diagnostics.failed ? undefined : checked, diagnostics: diagnostics.list, title };
}

/** Reads, but does not check. */
export async function readConfiguration(
  from: ConfigurationSource,
  set: ReadonlyMap<string, string>,
  diagnostics: Diagnostics,
  more: readonly string[] = [],
): Promise<{ title: string; graph: Graph | undefined }> {
  const { title, graph } = await read(from, more, diagnostics);
  if (graph === undefined) return { title, graph };
  const defined = new Set(graph.parameters.map(({ name }) => name.value));
  const span = graph.source.span(0);
  const undefinedOnes = [...set].filter(([name]) => !defined.has(name)).map(([name, value]) => ({ name: { value: name, span }, value: { value, span } }));
  return { title, graph: { ...graph, parameters: [...graph.parameters, ...undefinedOnes] } };
}

async function read({ expression, file = '-' }: ConfigurationSource, more: readonly string[], diagnostics: Diagnostics): Promise<{ title: string; graph: Graph | undefined }> {
  const files = new SourceFiles(diagnostics);
  const parse = (title: string, text: string) => ({ title, graph: readClick(files.adopt(new SourceText(title, [text, ...more].join('\n'))), files, diagnostics) });
  if (expression !== undefined) return parse('config', expression);
  if (/\.(ya?ml|json)$/i.test(file)) return { title: file, graph: await readGraph(file, diagnostics) };
  const title = file === '-' ? '<stdin>' : file;
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    diagnostics.error('WL1000', undefined, `${title}: ${systemMessage(error as NodeJS.ErrnoException)}`);
    return { title, graph: undefined };
  }
  return parse(title, text);
}
