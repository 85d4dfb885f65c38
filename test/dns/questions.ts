/** Questions about a zone: every name that it has, names beside and below these, every type, and forms of requests. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatName } from '#src/kit/dns/name.js';
import { Dice } from '../differential/element-fuzz.js';
import type { Request } from './message.js';
import { zoneFrom } from './read-zone.js';

export const ORIGIN = 'example.org.';

const TYPES = [1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 43, 44, 46, 52, 65, 257, 4711];

/** All names worth asking for. */
export function namesAround(zoneFile: string): string[] {
  const { zone, diagnostics } = zoneFrom(readFileSync(zoneFile, 'utf8'), ORIGIN, path.dirname(zoneFile));
  if (zone === undefined) throw new Error(diagnostics.list.map(({ message }) => message).join('\n'));
  const names = zone.all.map(({ name }) => formatName(name)).filter((name) => !name.includes('\\'));
  const around = names.flatMap((name) => [name, `nobody.${name}`, `a.b.${name}`, `x${name}`, `*.${name}`]);
  return [...new Set([...around, '.', 'org.', 'example.com.', 'notexample.org.', 'example.org.net.', 'EXAMPLE.ORG.', 'wWw.ExAmPlE.oRg.'])];
}

/** Every name with every type. */
export function allQuestions(zoneFile: string): Request[] {
  return namesAround(zoneFile).flatMap((name) => TYPES.map((type) => ({ name, type })));
}

/** Some of them in all forms that a request can have. */
export function requestForms(zoneFile: string, count: number, seed: number): Request[] {
  const dice = new Dice(seed);
  const names = namesAround(zoneFile);
  return Array.from({ length: count }, () => {
    const name = dice.chance(20) ? dice.pick(['big', 'huge', 'pool', 'sub', '', 'a1']).concat(`.${ORIGIN}`).replace(/^\./, '') : dice.pick(names);
    return {
      name: dice.chance(30) ? mixedCase(name, dice) : name,
      type: dice.chance(30) ? 16 : dice.chance(30) ? 15 : dice.pick([...TYPES, 255, 253, 254, 128, 200, 249]),
      class: dice.chance(95) ? 1 : dice.pick([2, 5, 254]),
      flags: (dice.chance(30) ? 0x0100 : 0) | (dice.chance(10) ? 0x0010 : 0) | (dice.chance(10) ? 0x0020 : 0),
      edns: dice.chance(60) ? { size: dice.pick([0, 512, 600, 620, 700, 800, 1000, 1232, 1400, 4096, 65_535]), dnssec: dice.chance(30), version: dice.chance(95) ? 0 : dice.pick([1, 255]) } : undefined,
    };
  });
}

function mixedCase(name: string, dice: Dice): string {
  return [...name].map((char) => (dice.chance(50) ? char.toUpperCase() : char.toLowerCase())).join('');
}
