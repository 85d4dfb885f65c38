import { askRack } from '../../site/rack-client.js';
import type { ApplianceFigures } from '../../site/rack-appliance.js';
import type { Command } from '../command.js';
import { microsecondsText } from '../text-table.js';

export const command: Command = {
  usage: 'VM',
  summary: 'Ends an appliance of the running site and starts it anew; what it knew is gone.',
  options: {},
  positionals: [1, 1],
  async run(call) {
    const appliance = (await askRack({ command: 'restart', name: call.positionals[0]! })) as ApplianceFigures;
    call.print(`${appliance.name} runs as process ${appliance.pid ?? '-'}${appliance.boot_us === null ? '' : `, started in ${microsecondsText(appliance.boot_us)}`}`, appliance);
    return 0;
  },
};
