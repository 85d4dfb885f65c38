import { readdirSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { shellWord } from '../../shell-word.js';
import { suggestion } from '../../suggest.js';
import { packageRoot } from '../../package-root.js';
import { makeApplianceFolder } from '../appliance-folder.js';
import { UsageError, type Command } from '../command.js';

export const command: Command = {
  usage: 'DIR --from CONFIG',
  summary: 'Begins a folder with one of the appliances that come with Wirelet, and its tests.',
  options: { from: { type: 'string', value: 'CONFIG', doc: 'firewall, bridge, router, ...' } },
  positionals: [1, 1],
  async run(call) {
    const configs = path.join(packageRoot, 'configs');
    const names = readdirSync(configs).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5));
    const from = call.text('from');
    if (from === undefined) throw new UsageError('WL1391', '--from is missing', `Write --from with one of ${names.join(', ')}.`);
    if (!names.includes(from)) throw failure('WL1393', `there is no appliance "${from}"`, suggestion(from, names) ?? `There are ${names.join(', ')}.`);
    const folder = call.positionals[0]!;
    const files = await makeApplianceFolder(configs, from, folder);
    const graph = files[0]!;
    call.print(`${files.map((file) => `${file}\n`).join('')}\nNext:\n  wirelet check ${shellWord(graph)}\n  cd ${shellWord(folder)} && npm test      does it what it did? Runs the captures in test/ through it`, { files });
    return 0;
  },
};
