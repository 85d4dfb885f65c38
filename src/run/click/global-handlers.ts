/** Handlers of the router itself. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseInteger } from '../../kit/config.js';
import { unquote } from '../../kit/quoting.js';
import { splitWord } from '../../kit/words.js';
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
    ...(hotconfig === undefined ? [] : [{ name: 'hotconfig', write: (text: string) => hotconfig.write(text), later: (text: string) => hotconfig.later(text) }]),
    { name: 'version', read: versionText, calm: true },
    { name: 'driver', read: () => 'userlevel', calm: true },
    { name: 'config', read: () => router.graph.source.text, calm: true },
    { name: 'flatconfig', read: () => router.flatConfiguration(), calm: true },
    { name: 'requirements', read: () => lines((router.graph.requirements ?? []).flatMap(requirementLines)), calm: true },
    { name: 'handlers', read: () => listHandlers([...table.values()]), calm: true },
    { name: 'list', read: () => lines([String(router.elements.length), ...router.elements.map(({ name }) => name)]), calm: true },
    { name: 'classes', read: () => lines(builtInElements().map(({ name }) => name)), calm: true },
    { name: 'packages', read: () => lines(PACKAGES), calm: true },
    { name: 'load', read: () => loadText(), calm: false },
    {
      name: 'stop',
      write(value) {
        // As in Click: what is no number counts as one.
        router.adjustRunCount(-(parseInteger(value) ?? 1));
      },
    },
  ]);
  return table;
}

/** What `require(package NAME)` finds in any driver of the user's level. */
const PACKAGES = ['userlevel', 'linux', 'int64', 'ip6'];

/** A line for what kind of thing is required, and one for its name. */
function requirementLines(requirement: string): string[] {
  const [type, name] = splitWord(requirement);
  return [type, unquote(name)];
}

/** Load averages of the last 1, 5 and 15 minutes. */
function loadText(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
}
