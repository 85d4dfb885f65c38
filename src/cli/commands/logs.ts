import { existsSync, readFileSync } from 'node:fs';
import { failure } from '../../diagnostics.js';
import { RackFolder } from '../../site/rack-folder.js';
import { UsageError, type Command } from '../command.js';

const LINES_DEFAULT = 200;

export const command: Command = {
  usage: 'VM',
  summary: 'Shows what an appliance of a site wrote and what happened to it; lines of the second kind begin with `--`.',
  options: { n: { type: 'string', short: 'n', value: 'LINES', doc: `How many of the last lines; ${LINES_DEFAULT} unless said.` } },
  positionals: [1, 1],
  async run(call) {
    const name = call.positionals[0]!;
    const count = Number(call.text('n') ?? LINES_DEFAULT);
    if (!Number.isInteger(count) || count < 1) throw new UsageError('WL1391', `-n ${call.text('n')} is no number of lines`, 'Write for example -n 50.');
    const file = new RackFolder().log(name);
    if (!/^[A-Za-z0-9_-]+$/.test(name) || !existsSync(file)) throw failure('WL4214', `there is no log of an appliance "${name}"`, 'wirelet ps lists the appliances.');
    const earlier = existsSync(`${file}.1`) ? readFileSync(`${file}.1`, 'utf8') : '';
    const lines = `${earlier}${readFileSync(file, 'utf8')}`.split('\n').filter((line) => line !== '').slice(-count);
    call.print(lines.join('\n'), { name, lines });
    return 0;
  },
};
