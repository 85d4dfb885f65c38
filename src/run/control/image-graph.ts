/** The graph that an image was made of, for the handlers of its elements. */
import { DiagnosticError, Diagnostics, formatDiagnostic, SourceText } from '../../diagnostics.js';
import { check } from '../../graph/check.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { readClick } from '../../graph/read-click.js';
import { SourceFiles } from '../../graph/source-files.js';
import type { Manifest } from '../../image/manifest.js';

/** Those of this process by what made them: an appliance that is started again, or one of many, has its graph at hand. */
const known = new Map<string, CheckedGraph>();
const KNOWN_MAX = 64;

/**
 * Reads the configuration in the manifest. Where it cannot be read here (elements of the user's own, files that are not
 * there, another version of Wirelet), that is warned of, and the graph is one without elements.
 */
export async function graphOfImage(manifest: Manifest, elementFolders: readonly string[], warn: (message: string) => void = () => {}): Promise<CheckedGraph> {
  const key = JSON.stringify([manifest.graph_sha256, manifest.configuration, elementFolders]);
  if (known.has(key)) return known.get(key)!;
  const diagnostics = new Diagnostics();
  const files = new SourceFiles(diagnostics);
  const source = new SourceText(`${manifest.name}.click`, manifest.configuration);
  const read = readClick(files.adopt(source), files, diagnostics);
  const checked = read && (await check(read, { set: new Map(), elementFolders }, diagnostics));
  const same = checked !== undefined && checked.instances.length === manifest.elements.length && checked.instances.every(({ name, class: type }, index) => name === manifest.elements[index]!.name && type.name === manifest.elements[index]!.class);
  if (checked !== undefined && !diagnostics.failed && same) {
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!);
    // The image numbers them as its graph declared them, the configuration as they come in its text.
    const numbered = manifest.interfaces.flatMap(({ name }) => checked.interfaces.find((each) => each.name === name) ?? []).map((each, index) => ({ ...each, index }));
    const graph = { ...checked, interfaces: numbered };
    known.set(key, graph);
    return graph;
  }
  const reason = diagnostics.failed ? diagnostics.list.map(formatDiagnostic).join('\n') : 'its elements are not those of its configuration';
  warn(`the elements' handlers of this image cannot be read: ${reason}`);
  return { name: manifest.name, version: manifest.version, source, sha256: manifest.graph_sha256, interfaces: [], instances: [], cpus: manifest.processors?.count ?? 1 };
}

/** The graph of a configuration that an appliance told; files that it names are looked for beside `file`. Throws diagnostics. */
export async function graphOfText(text: string, file: string, elementFolders: readonly string[]): Promise<CheckedGraph> {
  const diagnostics = new Diagnostics();
  const files = new SourceFiles(diagnostics);
  const graph = readClick(files.adopt(new SourceText(file, text)), files, diagnostics);
  const checked = graph && (await check(graph, { set: new Map(), elementFolders }, diagnostics));
  if (checked === undefined || diagnostics.failed) throw new DiagnosticError(diagnostics.list);
  return checked;
}
