/** A Click configuration as a YAML graph: its statements stay as they are, comments included; `define` becomes parameters. */
import { Scalar, Document } from 'yaml';
import { unquote } from '../kit/quoting.js';
import type { CheckedGraph, Graph } from './graph.js';
import { hasLoopStores } from './loop-stores.js';

const LIBRARY = /\brequire\s*\(\s*library\s+("[^"]*"|[^)\s]+)\s*\)\s*;?/g;
const DEFINE = /^[ \t]*define\s*\([^;)]*\)\s*;?[ \t]*\n?/gm;

/** The YAML text of `graph`, as it was checked. Libraries that the configuration requires are put in its place. */
export function importClick(graph: Graph, checked: CheckedGraph, name: string): string {
  const libraries = new Map(graph.files.slice(1).map(({ file, text }) => [file, text]));
  const inline = (text: string): string =>
    text.replace(LIBRARY, (_, written: string) => {
      const wanted = unquote(written);
      const found = [...libraries].find(([file]) => file === wanted || file.endsWith(`/${wanted}`));
      if (found === undefined) return '';
      // Each is read once.
      libraries.delete(found[0]);
      return inline(found[1]);
    });
  const whole = inline(graph.source.text);
  const statements = definesAlone(graph) ? whole.replace(DEFINE, '') : whole;
  const parameters = Object.fromEntries(graph.parameters.map((parameter) => [parameter.name.value, parameter.value?.value ?? null]));
  const text = new Scalar(`${statements.trim()}\n`.replace(/\r\n?/g, '\n').replace(/[ \t]+$/gm, ''));
  text.type = 'BLOCK_LITERAL';
  const document = new Document({ name, ...(hasLoopStores(checked) && { loops: 'wait' }), ...(graph.parameters.length > 0 ? { parameters } : {}), graph: text });
  return document.toString({ lineWidth: 0 });
}

/** Whether every definition stands in a statement that can be recognised by its look. */
function definesAlone({ source, parameters }: Graph): boolean {
  const found = [...source.text.matchAll(DEFINE)].join('');
  return parameters.every(({ name }) => found.includes(`$${name.value}`));
}
