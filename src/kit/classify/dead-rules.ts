/** Rules that no packet can reach: they contradict themselves, or earlier rules decide for all their packets. */
import { buildProgram, type BuildOptions } from './build.js';
import type { Rule } from './expression.js';
import { rankOf, targetsOf, type DecisionProgram } from './program.js';
import { coveredRules } from './covered-rules.js';
import { RulesTooLarge } from './terms.js';

/** Of more rules, those are found that one earlier rule covers: all takes a program that tells every rule apart. */
const RULES_MAX = 1000;
/** Nor are those that would need a larger graph. */
const EDGES_MAX = 30_000;
/** Warnings for one element; what is beyond is summed up. */
const WARNINGS_MAX = 10;

/** Numbers of the rules that never decide: all of them, or of very many or varied rules those that one earlier rule covers. */
export function deadRules(rules: readonly Rule[], options: BuildOptions = {}): number[] {
  if (rules.length <= RULES_MAX) {
    const all = unreachedRules(rules, options);
    if (all !== undefined) return all;
  }
  return coveredRules(rules, options.networkBytes ?? 0);
}

/** Undefined when that cannot be told with reasonable effort. */
function unreachedRules(rules: readonly Rule[], options: BuildOptions): number[] | undefined {
  try {
    const apart = rules.map(({ condition }, index) => ({ condition, class: index }));
    const program = buildProgram(apart, rules.length, { ...options, edgesMax: EDGES_MAX, slotsFrom: Infinity });
    return program.parts.length === 1 ? unreached(program, rules.length) : undefined;
  } catch (error) {
    if (error instanceof RulesTooLarge) return undefined;
    throw error;
  }
}

function unreached(program: DecisionProgram, count: number): number[] {
  const classes = new Set<number>();
  for (const target of [...program.parts, ...program.nodes.flatMap(targetsOf)]) {
    if (target < 0) classes.add(program.classes[rankOf(target)]!);
  }
  return Array.from({ length: count }, (_, index) => index).filter((index) => !classes.has(index));
}

/** Warns of rules that never decide. */
export function warnOfDeadRules(
  texts: readonly string[],
  rules: readonly Rule[],
  what: 'pattern' | 'rule',
  warn: (message: string, hint?: string, at?: { argument: string; item: number }, click?: string) => void,
  options?: BuildOptions,
): void {
  const dead = deadRules(rules, options);
  for (const index of dead.slice(0, WARNINGS_MAX)) {
    const hint = `It contradicts itself, or every packet that it describes matches an earlier ${what}: move it up, or leave it out.`;
    warn(`${what} ${index + 1}, "${texts[index]!}", never matches`, hint, { argument: `${what}s`, item: index }, what === 'pattern' ? `output ${index} matches no packets` : undefined);
  }
  if (dead.length > WARNINGS_MAX) warn(`${dead.length - WARNINGS_MAX} more ${what}s never match`);
}
