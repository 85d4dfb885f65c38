/** Reads a graph from a file in the Click language (click(5)). */
import path from 'node:path';
import type { Diagnostics, SourceText } from '../diagnostics.js';
import { ClassScope } from './class-scope.js';
import { BodyBuilder } from './click-body.js';
import { parseClick } from './click-parser.js';
import type { Statement } from './click-syntax.js';
import type { ClassUse, Graph, Located } from './graph.js';
import { withLineDirectives } from './line-directives.js';
import type { SourceFiles } from './source-files.js';

/** Libraries within libraries, at most. */
const LIBRARY_DEPTH_MAX = 32;

/** The graph of a `.click` file. Its interfaces are found later, in what FromDevice and ToDevice name. */
export function readClick(source: SourceText, files: SourceFiles, diagnostics: Diagnostics): Graph {
  const classUses: ClassUse[] = [];
  const builder = new BodyBuilder({
    scope: new ClassScope(),
    diagnostics,
    classUses,
    nested: false,
    interfaces: new Set(),
    library: libraries(files, diagnostics),
  });
  builder.add(parseClick(withLineDirectives(source, diagnostics), diagnostics));
  const { body, compounds, definitions, requirements } = builder.finish();
  return {
    name: nameOfFile(source.file),
    version: DEFAULT_VERSION,
    source,
    files: files.list,
    parameters: definitions,
    interfaces: [],
    elementFolders: [],
    body,
    compounds,
    language: 'click',
    requirements,
    classUses,
  };
}

export const DEFAULT_VERSION = '0.0.0';

/** Name of an appliance whose file does not say it. */
export function nameOfFile(file: string): string {
  const base = path.basename(file).replace(/\.[^.]*$/, '');
  return base.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 63) || 'appliance';
}

/** Reads each library that `require(library FILE)` names once. */
function libraries(files: SourceFiles, diagnostics: Diagnostics): (requirement: Located<string>) => Statement[] {
  const seen = new Set<SourceText>();
  return ({ value, span }) => {
    const file = value.replace(/^"(.*)"$/, '$1');
    const source = files.include(file, span, `library '${file}' not found in CLICKPATH/conf`);
    if (source === undefined || seen.has(source)) return [];
    seen.add(source);
    if (seen.size > LIBRARY_DEPTH_MAX) {
      diagnostics.error('WL1050', span, `more than ${LIBRARY_DEPTH_MAX} libraries are required`);
      return [];
    }
    return parseClick(withLineDirectives(source, diagnostics), diagnostics);
  };
}
