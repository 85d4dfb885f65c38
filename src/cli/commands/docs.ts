import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';
import { describeManual, findManual, manualText } from '../show-manual.js';

export const command: Command = {
  usage: 'NAME',
  summary: 'Shows the manual of an element class.',
  options: { elements: GRAPH_OPTIONS.elements },
  positionals: [1, 1],
  async run(call) {
    const manual = await findManual(call.positionals[0]!, loadOptions(call).elementFolders);
    call.print(() => manualText(manual), describeManual(manual));
    return 0;
  },
};
