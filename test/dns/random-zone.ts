/** Zones by chance: names over few labels, so that wildcards, cuts, aliases and empty names meet in all ways. */
import type { Dice } from '../differential/element-fuzz.js';

const LABELS = ['a', 'b', 'c', '*'];
const NAMES = 40;
const DEPTH = 4;

/** Text of a zone for example.org. It breaks no rule: aliases stand alone, below a cut is nothing but addresses. */
export function randomZone(dice: Dice): string {
  const names = new Set<string>();
  while (names.size < NAMES) names.add(Array.from({ length: 1 + dice.below(DEPTH) }, (_, index) => (index === 0 ? dice.pick(LABELS) : dice.pick(LABELS.slice(0, dice.chance(90) ? 3 : 4)))).join('.'));
  // Cuts: not at wildcards, which named does not take for one, and not below one another.
  const cuts = new Set([...names].filter((name) => !name.startsWith('*') && dice.chance(15)));
  const below = (name: string) => [...cuts].some((cut) => name.endsWith(`.${cut}`));
  const lines = ['$TTL 300', '@ SOA ns.example.org. hostmaster 1 7200 900 1209600 60', '@ NS ns', 'ns A 192.0.2.53'];
  const target = () => (dice.chance(10) ? 'elsewhere.example.' : dice.chance(10) ? '@' : `${dice.pick([...names])}`);
  const ttl = () => (dice.chance(20) ? `${dice.below(1000)} ` : '');
  for (const name of names) {
    const address = () => lines.push(`${name} ${dice.chance(50) ? `A 192.0.2.${1 + dice.below(250)}` : `AAAA 2001:db8::${1 + dice.below(250)}`}`);
    if (below(name)) {
      if (!name.startsWith('*')) address();
    } else if (cuts.has(name)) {
      lines.push(`${name} NS ${dice.chance(50) ? `ns.${name}` : dice.chance(50) ? 'ns' : 'ns.elsewhere.example.'}`, `ns.${name} A 198.51.100.${1 + dice.below(250)}`);
      if (dice.chance(20)) lines.push(`${name} DS 1 8 2 0102030405060708091011121314151617181920212223242526272829303132`);
    } else if (dice.chance(25)) lines.push(`${name} ${ttl()}CNAME ${target()}`);
    else {
      for (let count = 1 + dice.below(3); count > 0; count -= 1) {
        const kind = dice.below(6);
        if (kind < 3) address();
        else if (kind === 3) lines.push(`${name} MX ${dice.below(20)} ${target()}`);
        else if (kind === 4) lines.push(`${name} TXT "${dice.below(1000)}"`);
        else lines.push(`${name} SRV ${dice.below(5)} 0 80 ${target()}`);
      }
    }
  }
  return `${[...new Set(lines)].join('\n')}\n`;
}
