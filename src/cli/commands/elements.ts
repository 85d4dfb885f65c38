import { allManuals, portsOfSide, type Manual } from '../../graph/manual.js';
import { GRAPH_OPTIONS, loadOptions, type Command } from '../command.js';
import { textTable } from '../text-table.js';
import { describeManual, findManual, manualText } from '../show-manual.js';

export const command: Command = {
  usage: '[NAME]',
  summary: 'Lists the element classes there are, or describes one.',
  options: { elements: GRAPH_OPTIONS.elements },
  positionals: [0, 1],
  async run(call) {
    const { elementFolders } = loadOptions(call);
    const [name] = call.positionals;
    if (name !== undefined) {
      const manual = await findManual(name, elementFolders);
      call.print(() => manualText(manual), describeManual(manual));
      return 0;
    }
    const manuals = await allManuals(elementFolders);
    call.print(() => listing(manuals), manuals.map(describeManual));
    return 0;
  },
};

function listing(manuals: readonly Manual[]): string {
  const groups = [...new Set(manuals.map(({ source }) => (source.builtIn ? source.group : 'yours')))].sort();
  return groups
    .map((group) => {
      const rows = manuals.filter(({ source }) => (source.builtIn ? source.group : 'yours') === group).map(({ class: type, summary }) => {
        const ports = [type.inputs, type.outputs].map((side) => (side.named === undefined ? '-' : String(portsOfSide(side).length)));
        return [type.name, ports.join('/'), summary];
      });
      return `${group}\n${textTable([{ title: 'class' }, { title: 'in/out' }, { title: '' }], rows, '  ').split('\n').slice(1).join('\n')}`;
    })
    .join('\n\n');
}
