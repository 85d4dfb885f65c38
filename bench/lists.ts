/** Files of generated rules and routes, kept beside the scenarios that include them. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { routes, routeText, rules, ruleText } from '#src/measure/traffic/lists.js';

const FOLDER = path.join(packageRoot, 'bench/scenarios/lists');

/** The list that a scenario includes, written if it is not there yet; undefined if it includes none. */
export function listFile(scenario: string): string | undefined {
  const [, kind, size] = /^(router|firewall)-(\d+[km]?)(?:-unchecked)?$/.exec(scenario) ?? [];
  if (kind === undefined || scenario === 'firewall-20') return undefined;
  const count = Number(size!.replace('k', '000').replace('m', '000000'));
  const file = path.join(FOLDER, `${kind}-${size}.txt`);
  if (!existsSync(file)) {
    mkdirSync(FOLDER, { recursive: true });
    const lines = kind === 'router' ? routes(count).map(routeText) : [...rules(count - 1).map(ruleText), 'deny all'];
    // Under another name first, so that a file is there whole or not at all.
    writeFileSync(`${file}.${process.pid}`, `${lines.join('\n')}\n`);
    renameSync(`${file}.${process.pid}`, file);
  }
  return file;
}
