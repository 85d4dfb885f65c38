import { allManuals } from '../../graph/manual.js';
import { graphSchema } from '../../graph/schema.js';
import { benchSchema } from '../../measure/record-schema.js';
import { siteSchema } from '../../site/site-schema.js';
import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';

export const command: Command = {
  usage: '',
  summary: 'Prints the JSON Schema of graph files, made from what the elements declare; or that of site files, or of what bench prints.',
  options: { elements: GRAPH_OPTIONS.elements, site: { type: 'boolean', doc: 'The schema of site files.' }, bench: { type: 'boolean', doc: 'The schema of what bench prints with --json.' } },
  positionals: [0, 0],
  async run(call) {
    const schema = call.flag('site') ? siteSchema() : call.flag('bench') ? benchSchema() : graphSchema(await allManuals(loadOptions(call).elementFolders));
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    return 0;
  },
};
