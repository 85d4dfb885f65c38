import { ControlClient } from '../../run/control/control-client.js';
import { findRegistered } from '../../run/control/run-folder.js';
import type { Command } from '../command.js';
import { refusal } from '../refusal.js';

export const command: Command = {
  usage: 'VM ELEMENT.HANDLER [VALUE]',
  summary: 'Writes to a handler of a running appliance, between two of its rounds.',
  options: {},
  positionals: [2, 3],
  async run(call) {
    const [vm, handler, value = ''] = call.positionals;
    const client = await ControlClient.connect({ path: findRegistered(vm!).socket });
    try {
      const { message } = await client.write(handler!, value);
      call.print(message, { ok: true, handler, value });
      return 0;
    } catch (error) {
      throw refusal(error, vm!);
    } finally {
      client.close();
    }
  },
};
