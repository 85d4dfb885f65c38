import { existsSync, writeFileSync } from 'node:fs';
import { DiagnosticError, Diagnostics, failure } from '../../diagnostics.js';
import { exportClick } from '../../graph/export-click.js';
import { tryLoadGraph } from '../../graph/load.js';
import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';

export const command: Command = {
  usage: 'GRAPH -o FILE.click',
  summary: 'Makes a Click configuration of a graph, its compounds taken apart.',
  options: {
    ...GRAPH_OPTIONS,
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'Where to write; standard output without it.' },
    force: { type: 'boolean', doc: 'Write over a file that is there.' },
  },
  positionals: [1, 1],
  async run(call) {
    const options = loadOptions(call);
    const { graph, checked, diagnostics } = await tryLoadGraph(call.positionals[0]!, options);
    if (graph === undefined || checked === undefined) throw new DiagnosticError(diagnostics);
    const problems = new Diagnostics();
    const text = await exportClick(graph, checked, new Map(Object.entries(options.set)), problems);
    problems.throwIfFailed();
    const output = call.text('output');
    if (output === undefined) call.print(text.trimEnd(), { text });
    else {
      if (existsSync(output) && !call.flag('force')) throw failure('WL1394', `${output} is there already`, 'Choose another name, or say --force.');
      writeFileSync(output, text);
      call.print(`${output}: ${checked.instances.length} elements`, { file: output });
    }
    return 0;
  },
};
