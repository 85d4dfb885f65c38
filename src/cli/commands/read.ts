import { ControlClient } from '../../run/control/control-client.js';
import { findRegistered } from '../../run/control/run-folder.js';
import type { Command } from '../command.js';
import { refusal } from '../refusal.js';

export const command: Command = {
  usage: 'VM [ELEMENT.HANDLER [PARAMETER]]',
  summary: 'Reads a handler of a running appliance; without one, lists all its elements and handlers.',
  options: {},
  positionals: [1, 3],
  async run(call) {
    const [vm, handler, parameter] = call.positionals;
    const client = await ControlClient.connect({ path: findRegistered(vm!).socket });
    try {
      if (handler === undefined) {
        const lists = await handlerLists(client);
        const rows = lists.flatMap(({ element, handlers }) => handlers.map(({ name, flags }) => `${element === '' ? '' : `${element}.`}${name}\t${flags}`));
        call.print(rows.join('\n'), { elements: lists });
        return 0;
      }
      const value = (await client.read(handler, parameter)).toString('utf8');
      call.print(value.replace(/\n$/, ''), { value });
      return 0;
    } catch (error) {
      throw refusal(error, vm!);
    } finally {
      client.close();
    }
  },
};

interface ElementHandlers {
  /** Empty: the appliance as a whole. */
  readonly element: string;
  readonly handlers: readonly { readonly name: string; readonly flags: string }[];
}

async function handlerLists(client: ControlClient): Promise<ElementHandlers[]> {
  const lines = async (handler: string) => (await client.read(handler)).toString('utf8').split('\n').filter((line) => line !== '');
  const lists: ElementHandlers[] = [];
  for (const element of ['', ...(await lines('list')).slice(1)]) {
    const rows = await lines(element === '' ? 'handlers' : `${element}.handlers`);
    lists.push({ element, handlers: rows.map((row) => ({ name: row.split('\t')[0]!, flags: row.split('\t')[1] ?? '' })) });
  }
  return lists;
}
