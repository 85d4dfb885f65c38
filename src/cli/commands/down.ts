import { askRack } from '../../site/rack-client.js';
import type { Command } from '../command.js';

export const command: Command = {
  usage: '',
  summary: 'Ends all appliances of the running site and its switch.',
  options: {},
  positionals: [0, 0],
  async run(call) {
    await askRack({ command: 'down' });
    call.print('the site is down', { ok: true });
    return 0;
  },
};
