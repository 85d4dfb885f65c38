import { formatDiagnostic, toJson, type Diagnostic } from '../../diagnostics.js';
import { tryLoadGraph } from '../../graph/load.js';
import { checkOwnElements } from '../../run/own-elements.js';
import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';

export const command: Command = {
  usage: 'GRAPH...',
  summary: 'Says everything that is wrong with graphs, and what to write instead.',
  options: GRAPH_OPTIONS,
  positionals: [1, Infinity],
  async run(call) {
    const options = loadOptions(call);
    const results: { file: string; ok: boolean; elements: number | undefined; diagnostics: readonly Diagnostic[] }[] = [];
    for (const file of call.positionals) {
      const { checked, diagnostics } = await tryLoadGraph(file, options);
      const own = checked === undefined ? [] : await checkOwnElements(checked);
      const ok = checked !== undefined && own.every(({ severity }) => severity !== 'error');
      results.push({ file, ok, elements: checked?.instances.length, diagnostics: [...diagnostics, ...own] });
    }
    const ok = results.every((result) => result.ok);
    const text = () =>
      results
        .flatMap((result) => [
          ...result.diagnostics.map(formatDiagnostic),
          result.ok ? `${result.file}: ${result.elements} elements, nothing wrong${result.diagnostics.length > 0 ? ' (see the warnings)' : ''}` : summary(result.file, result.diagnostics.filter(({ severity }) => severity === 'error').length),
        ])
        .join('\n');
    call.print(text, { ok, diagnostics: results.flatMap(({ diagnostics }) => diagnostics.map(toJson)) });
    return ok ? 0 : 1;
  },
};

function summary(file: string, errors: number): string {
  return `${file}: ${errors} error${errors === 1 ? '' : 's'}`;
}
