/**
 * Every stage, in order, on one screen:
 *
 *     files -> read -> Graph -> check -> CheckedGraph -> plan -> Plan -> build (lower, link) -> image -> run
 */
import { plan, type PlanOptions } from './plan/plan.js';
import { loadGraph, type LoadOptions } from './graph/load.js';
import type { BuiltImage } from './image/build.js';
import type { Target } from './image/manifest.js';

export interface BuildOptions extends LoadOptions, PlanOptions {
  readonly target?: Target;
  readonly progress?: (what: string) => void;
}

/** From a graph file to a planned appliance; throws all diagnostics at once. */
export async function planGraph(file: string, options: BuildOptions = {}) {
  const { checked } = await loadGraph(file, options);
  return plan(checked, options);
}

/** From a graph file to an image in the cache. */
export async function buildImage(file: string, options: BuildOptions = {}): Promise<BuiltImage> {
  const planned = await planGraph(file, options);
  const { build } = await import('./image/build.js');
  return build(planned, options.target ?? 'vm', options.progress);
}
