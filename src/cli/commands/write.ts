import path from 'node:path';
import { ControlClient, Refused } from '../../run/control/control-client.js';
import { CONSTANT } from '../../run/control/constant-arguments.js';
import { findRegistered } from '../../run/control/run-folder.js';
import type { Command } from '../command.js';
import { refusal } from '../refusal.js';
import { reportText } from '../show-swap.js';

export const command: Command = {
  usage: 'VM ELEMENT.HANDLER [VALUE]',
  summary: 'Writes to a handler of a running appliance, between two of its rounds.',
  options: {
    elements: { type: 'string', multiple: true, value: 'DIR', doc: 'Folders of your own elements, where an argument is changed.' },
  },
  positionals: [2, 3],
  async run(call) {
    const [vm, handler, value = ''] = call.positionals;
    const client = await ControlClient.connect({ path: findRegistered(vm!).socket });
    try {
      const { message } = await client.write(handler!, value);
      call.print(message, { ok: true, handler, value });
      return 0;
    } catch (error) {
      if (!(error instanceof Refused && error.message.includes(CONSTANT))) throw refusal(error, vm!);
      const { writeArgument } = await import('../argument-writer.js');
      const report = await writeArgument(client, error, vm!, handler!, value, call.list('elements').map((folder) => path.resolve(folder)));
      await complete(vm!, handler!, value);
      call.print(() => `Other code has taken its place: ${reportText(report)}`, { ok: true, handler, value, swap: report });
      return 0;
    } finally {
      client.close();
    }
  },
};

/** What the handler does besides setting the argument, such as ending flows; one that adds to an argument finds it there already. */
async function complete(vm: string, handler: string, value: string): Promise<void> {
  const client = await ControlClient.connect({ path: findRegistered(vm).socket });
  try {
    await client.write(handler, value);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  } finally {
    client.close();
  }
}
