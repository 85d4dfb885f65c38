/** Handlers of the router itself. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HandlerError } from '../../kit/element.js';
import { parseInteger } from '../../kit/config.js';
import { builtInElements } from '../../graph/element-index.js';
import { packageRoot } from '../../package-root.js';
import { listHandlers, tableOf, type HandlerTable } from './handler.js';
import type { Router } from './router.js';

/** The version of Wirelet, as `version` and --version say it. */
export function versionText(): string {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}

export function globalHandlers(router: Router): HandlerTable {
  const lines = (list: readonly string[]) => list.map((line) => `${line}\n`).join('');
  const { hotconfig } = router.options;
  const table: HandlerTable = tableOf([
    ...(router.options.handlers ?? []),
    ...(hotconfig === undefined ? [] : [{ name: 'hotconfig', write: (text: string) => hotconfig(text) }]),
    { name: 'version', read: versionText, calm: true },
    { name: 'driver', read: () => 'userlevel', calm: true },
    { name: 'config', read: () => router.graph.source.text, calm: true },
    { name: 'flatconfig', read: () => router.flatConfiguration(), calm: true },
    { name: 'requirements', read: () => lines(router.graph.requirements ?? []), calm: true },
    { name: 'handlers', read: () => listHandlers([...table.values()]), calm: true },
    { name: 'list', read: () => lines([String(router.elements.length), ...router.elements.map(({ name }) => name)]), calm: true },
    { name: 'classes', read: () => lines(builtInElements().map(({ name }) => name)), calm: true },
    { name: 'load', read: () => loadText(), calm: false },
    {
      name: 'stop',
      write(value) {
        const count = value === '' ? 1 : parseInteger(value);
        if (count === undefined) throw new HandlerError('expected integer');
        router.adjustRunCount(-count);
      },
    },
  ]);
  return table;
}

/** Load averages of the last 1, 5 and 15 minutes. */
function loadText(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
}
