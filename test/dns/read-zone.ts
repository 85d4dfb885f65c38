/** Reads zones for tests. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Diagnostics, SourceText } from '#src/diagnostics.js';
import { isMistake, parseName, type Name } from '#src/kit/dns/name.js';
import type { Zone } from '#src/kit/dns/zone.js';
import { loadZone } from '#src/kit/dns/load-zone.js';

export function nameFrom(text: string): Name {
  const name = parseName(text, []);
  if (isMistake(name)) throw new Error(name.mistake);
  return name;
}

/** A zone from text; files that it includes lie in `folder`. */
export function zoneFrom(text: string, origin: string, folder = '.', file = 'test.zone'): { zone: Zone | undefined; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics();
  const zone = loadZone(
    new SourceText(file, text),
    nameFrom(origin),
    (name, at) => {
      try {
        return new SourceText(name, readFileSync(path.join(folder, name), 'utf8'));
      } catch {
        diagnostics.error('WL1310', at, `there is no file ${name}`);
        return undefined;
      }
    },
    diagnostics,
  );
  return { zone, diagnostics };
}
