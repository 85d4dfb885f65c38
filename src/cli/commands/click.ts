import { writeFileSync } from 'node:fs';
import { quote } from '../../kit/quoting.js';
import type { LoadedConfiguration } from '../../run/click/load-configuration.js';
import { clickMessages, inOrder } from '../../run/click/plain-message.js';
import { runDriver } from '../../run/click/run-driver.js';
import type { Outlet } from '../../run/click/outlet.js';
import { versionText } from '../../run/click/global-handlers.js';
import type { Command } from '../command.js';
import { DRIVER_OPTIONS, driverHelp, OptionError, readDriverOptions, type DriverOptions } from '../driver-options.js';

export const command: Command = {
  usage: '[OPTION]... [FILE] [NAME=VALUE]...',
  summary: "Stands in for Click's user-level driver.",
  options: DRIVER_OPTIONS,
  positionals: [0, Infinity],
  raw: true,
  run: (call) => main(call.positionals),
};

async function main(args: readonly string[]): Promise<number> {
  let options: DriverOptions;
  try {
    options = readDriverOptions(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    process.stderr.write(`${error.message}\nUsage: wirelet click [OPTION]... [FILE]\nTry 'wirelet click --help' for more information.\n`);
    return 1;
  }
  if (options.show !== undefined) {
    process.stdout.write(options.show === 'help' ? driverHelp() : `wirelet click ${versionText()}\n`);
    return 0;
  }
  const outlet: Outlet = {
    print: (text) => void process.stdout.write(text),
    report: (line) => void process.stderr.write(`${line}\n`),
    explain: ({ diagnostics }: LoadedConfiguration) => {
      const shown = inOrder(diagnostics.filter(({ severity, click }) => severity === 'error' || (options.warnings && click !== undefined)));
      for (const line of clickMessages(shown)) process.stderr.write(`${line}\n`);
    },
    write: (file, text) => (file === '-' ? void process.stdout.write(text) : writeFileSync(file, text)),
  };
  const sockets = [...options.ports.map((port) => `TCP, ${port}`), ...options.unixSockets.map((file) => `UNIX, ${quote(file)}`), ...options.sockets.map((fd) => `SOCKET, ${fd}`)];
  const more = sockets.map((place, index) => `click_driver@@ControlSocket${index === 0 ? '' : `@${index}`} :: ControlSocket(${place});`);
  for (const mistake of options.mistakes) process.stderr.write(`${mistake}\n`);
  if (options.mistakes.length > 0) return 1;
  return runDriver({ ...options, more }, outlet);
}
