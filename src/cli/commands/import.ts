import { existsSync, writeFileSync } from 'node:fs';
import { DiagnosticError, failure } from '../../diagnostics.js';
import { importClick } from '../../graph/import-click.js';
import { tryLoadGraph } from '../../graph/load.js';
import { loadOptions, type Command } from '../command.js';

export const command: Command = {
  usage: 'FILE.click -o FILE.yaml',
  summary: 'Makes a YAML graph of a Click configuration.',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'Where to write; standard output without it.' },
    force: { type: 'boolean', doc: 'Write over a file that is there.' },
    set: { type: 'string', multiple: true, value: 'NAME=VALUE', doc: 'Set a parameter for the check.' },
  },
  positionals: [1, 1],
  async run(call) {
    const { graph, checked, diagnostics } = await tryLoadGraph(call.positionals[0]!, loadOptions(call));
    if (graph === undefined || checked === undefined) throw new DiagnosticError(diagnostics);
    const text = importClick(graph, checked, graph.name);
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
