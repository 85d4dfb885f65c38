/** The stage from Plan to C: TypeScript elements and their constants become one C unit. */
import path from 'node:path';
import { Diagnostics } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';
import type { Plan } from '../plan/plan.js';
import { LARGE_MEMORY_BYTES } from '../plan/table-row.js';
import { CALL_LIMITS, type CallLimits } from './call-weights.js';
import { markDueTimes } from './due-times.js';
import { graphCode } from './graph-code.js';
import { KitSource } from './kit-source.js';
import { withoutPassedChecks } from './known-lengths.js';
import type { LoweredMethod } from './lower-method.js';
import { mergeChecks } from './merge-checks.js';
import { ModuleLibrary } from './module-source.js';
import { RoutineMaker, type InstanceRoutines } from './routines.js';
import { withWideLoads } from './wide-loads.js';
import { withWideStores } from './wide-stores.js';
import type { Lowered } from './lowered.js';

export interface LowerOptions {
  /** `#line` directives with full paths, for a debugger on this machine. */
  readonly debug?: boolean;
  /** `#line` directives at all; default true. */
  readonly places?: boolean;
  /** Bytes from which on tables and constants are asked for ahead; default 2 MiB. */
  readonly lookAheadFrom?: number;
  /** Which functions of elements become functions in C. */
  readonly calls?: CallLimits;
  /** For a host that drives it round by round, and may let another unit go on. */
  readonly driven?: boolean;
}

/** Lowers every method of every instance and prints the unit. Throws all diagnostics at once. */
export async function lower(plan: Plan, options: LowerOptions = {}): Promise<Lowered> {
  return (await lowering(options))(plan);
}

/** The same for several plans, and for who cannot wait: what is read once was read. */
export async function lowering(options: LowerOptions): Promise<(plan: Plan) => Lowered> {
  const library = new ModuleLibrary(options.debug === true ? (file) => file : shownPath);
  const kit = new KitSource(library);
  await kit.prepare();
  return (plan) => lowered(plan, library, kit, options);
}

function lowered(plan: Plan, library: ModuleLibrary, kit: KitSource, options: LowerOptions): Lowered {
  const diagnostics = new Diagnostics();
  const routines = new RoutineMaker(library, kit, diagnostics, options.calls ?? CALL_LIMITS).all(plan.graph);
  diagnostics.throwIfFailed();
  const unit = graphCode(plan, merged(routines), { places: options.places ?? true, lookAheadFrom: options.lookAheadFrom ?? LARGE_MEMORY_BYTES, driven: options.driven ?? false });
  return {
    plan,
    routines,
    counters: unit.counters,
    logBytes: Number(unit.settings['WL_LOG_BYTES']),
    places: unit.places,
    randoms: unit.randoms,
    facts: unit.facts,
    source(host, more = {}) {
      const state = { 'WL_STATE_PLACES(X)': unit.places.map((place) => `X(${place})`).join(' ') };
      const settings = Object.entries({ ...unit.settings, ...state, ...more }).map(([name, value]) => `#define ${name} ${value}`);
      return `${settings.join('\n')}\n#include "wl_runtime.h"\n${unit.code}#include "${host}"\n`;
    },
  };
}

/** Checks and stores that lie side by side are made one, and what is seldom due is told, but for what is to be small: there are two copies then. Methods that are shared stay shared. */
function merged(all: readonly InstanceRoutines[]): InstanceRoutines[] {
  const made = new Map<LoweredMethod, LoweredMethod>();
  const mergedOf = (method: LoweredMethod, large: boolean): LoweredMethod => {
    let result = made.get(method);
    if (result === undefined) {
      // 0.35 -> 0.31 ns/packet with what is seldom due out of the way, bench counters@64.
      const checked = markDueTimes(withoutPassedChecks(method.body));
      made.set(method, (result = withWideLoads({ ...method, body: withWideStores(large ? checked : mergeChecks(checked)) })));
    }
    return result;
  };
  return all.map((routines) => ({ ...routines, process: routines.process.map((method) => mergedOf(method, routines.large)) }));
}

/** A path as messages show it: of the package for its own elements, else relative to where the user is. */
export function shownPath(file: string): string {
  const inPackage = path.relative(packageRoot, file);
  if (!inPackage.startsWith('..')) return inPackage;
  const here = path.relative(process.cwd(), file);
  return here.startsWith('..') ? file : here;
}
