import path from 'node:path';
import { askRack } from '../../site/rack-client.js';
import type { SwapReport } from '../../site/swap.js';
import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';
import { reportText } from '../show-swap.js';

export const command: Command = {
  usage: 'VM GRAPH|IMAGE',
  summary: 'Puts another graph or image in the place of an appliance of the running site. Elements of the same names go on with what they knew, and no packet is lost.',
  options: {
    ...GRAPH_OPTIONS,
    fresh: { type: 'boolean', doc: 'Elements whose state does not fit begin anew.' },
  },
  positionals: [2, 2],
  async run(call) {
    const [name, file] = call.positionals as [string, string];
    const { set, elementFolders } = loadOptions(call);
    const report = (await askRack({
      command: 'swap', name, file: path.resolve(file), set, elements: elementFolders.map((folder) => path.resolve(folder)), fresh: call.flag('fresh'),
    })) as SwapReport;
    call.print(() => reportText(report), report);
    return 0;
  },
};
