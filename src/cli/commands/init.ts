import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { suggestion } from '../../suggest.js';
import { packageRoot } from '../../package-root.js';
import { UsageError, type Command } from '../command.js';

export const command: Command = {
  usage: 'DIR --from CONFIG',
  summary: 'Begins a folder with one of the appliances that come with Wirelet.',
  options: { from: { type: 'string', value: 'CONFIG', doc: 'firewall, bridge, router, ...' } },
  positionals: [1, 1],
  async run(call) {
    const configs = path.join(packageRoot, 'configs');
    const names = readdirSync(configs).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -5));
    const from = call.text('from');
    if (from === undefined) throw new UsageError('WL1391', '--from is missing', `Write --from with one of ${names.join(', ')}.`);
    if (!names.includes(from)) throw failure('WL1393', `there is no appliance "${from}"`, suggestion(from, names) ?? `There are ${names.join(', ')}.`);
    const folder = call.positionals[0]!;
    const target = path.join(folder, `${from}.yaml`);
    if (existsSync(target)) throw failure('WL1394', `${target} is there already`, 'Choose another folder.');
    mkdirSync(folder, { recursive: true });
    cpSync(path.join(configs, `${from}.yaml`), target);
    call.print(`${target}\n\nNext: wirelet check ${target}`, { files: [target] });
    return 0;
  },
};
