import { writeFileSync } from 'node:fs';
import { ControlClient } from '../../run/control/control-client.js';
import { findRegistered } from '../../run/control/run-folder.js';
import { unpackState } from '../../run/control/state-file.js';
import type { Command } from '../command.js';
import { refusal } from '../refusal.js';

export const command: Command = {
  usage: 'VM FILE',
  summary: "Writes what a running appliance's elements know to a file: tables, registers, timers, counters. run --from-snapshot begins with it.",
  options: {},
  positionals: [2, 2],
  async run(call) {
    const [vm, file] = call.positionals;
    const client = await ControlClient.connect({ path: findRegistered(vm!).socket });
    try {
      const packed = Buffer.from((await client.read('state')).toString('latin1'), 'base64');
      const { elements } = unpackState(packed, vm!);
      writeFileSync(file!, packed, { mode: 0o600 });
      call.print(`${file}: ${elements.length} elements, ${packed.length.toLocaleString('en')} bytes`, { file, bytes: packed.length, elements: elements.map(({ name }) => name) });
      return 0;
    } catch (error) {
      throw refusal(error, vm!);
    } finally {
      client.close();
    }
  },
};
