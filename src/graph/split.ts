/**
 * Whether a graph can be split over several processors: each has a copy of all elements and sees the frames of its own flows
 * alone (src/run/steering.ts), so that an element must not need to see those of others.
 */
import type { Diagnostics } from '../diagnostics.js';
import type { ErasedDefinition } from '../kit/element.js';
import type { SplitKind } from '../kit/split.js';
import type { Instance, Located } from './graph.js';

/** WL_CORES_MAX */
export const CORES_MAX = 16;

/** An element that cannot be split, and why; a reason for people. */
export interface Obstacle {
  readonly element: string;
  readonly class: string;
  readonly reason: string;
}

/** What a flow is: two addresses with their ports, where they have some; without; or, where they have some, ports alone. */
export type SplitBy = 'ports' | 'addresses' | 'ports-alone';

export interface Split {
  readonly by: SplitBy;
  /** Answers to questions for addresses are for all copies. */
  readonly answers: boolean;
  /** All copies hear of frames that say where a host is. */
  readonly teaches: boolean;
  readonly obstacles: readonly Obstacle[];
}

/** How the copies of these elements would share the frames. */
export function splitOf(instances: readonly Instance[]): Split {
  const kinds = new Set(instances.map(kindOf));
  const pieces = instances.find((instance) => kindOf(instance) === 'hosts');
  return {
    by: pieces !== undefined ? 'addresses' : kinds.has('ports') ? 'ports-alone' : 'ports',
    answers: kinds.has('answers'),
    teaches: kinds.has('stations'),
    obstacles: instances.flatMap((instance) => {
      const reason = obstacleOf(instance, pieces) ?? (kindOf(instance) === 'stations' ? between(instance, instances) : undefined);
      return reason === undefined ? [] : [{ element: instance.name, class: instance.class.name, reason }];
    }),
  };
}

function kindOf({ class: { definition }, config, built }: Instance): SplitKind | undefined {
  const { split } = definition;
  return typeof split === 'function' ? split({ config, built }) : split;
}

/** `pieces`: an element that is about pairs of hosts. */
function obstacleOf(instance: Instance, pieces: Instance | undefined): string | undefined {
  const { class: { definition }, state } = instance;
  const split = kindOf(instance);
  if (typeof split === 'object') return split.never;
  if (split === 'ports' && pieces !== undefined) return `it changes addresses, and for "${pieces.name}" (${pieces.class.name}) frames are dealt out by these`;
  if (split !== undefined || definition.device !== undefined) return undefined;
  const remembered = Object.keys(state);
  if (sendsByItself(definition)) return 'it works by itself: each copy would do the same work once more';
  if (remembered.length > 0) return `what it remembers (${remembered.join(', ')}) may be about all packets, and a copy sees those of its own flows alone`;
  return undefined;
}

/** What lies between interfaces and an element that learns. */
function between({ inputs }: Instance, instances: readonly Instance[]): string | undefined {
  const others = inputs.flatMap(({ from }) => from.map(({ instance }) => instances[instance]!)).filter(({ class: { definition } }) => definition.device !== 'receive');
  return others.length === 0 ? undefined : `it learns from what interfaces receive, and frames come to it from "${others[0]!.name}" (${others[0]!.class.name})`;
}

function sendsByItself({ run, timers = {}, control }: ErasedDefinition): boolean {
  return run !== undefined || control !== undefined || Object.keys(timers).length > 0;
}

/** Says what of a graph that wants several processors cannot have them. */
export function refuseUnsplit(cpus: Located<number> | undefined, instances: readonly Instance[], diagnostics: Diagnostics): void {
  if (cpus === undefined || cpus.value === 1) return;
  const { obstacles } = splitOf(instances);
  for (const { element, class: type, reason } of obstacles) {
    const { span } = instances.find(({ name }) => name === element)!;
    diagnostics.error('WL1290', span, `"${element}" (${type}) cannot be split over ${cpus.value} processors: ${reason}`, SPLIT_HINT, [{ message: 'several processors are asked for here', span: cpus.span }]);
  }
}

export const SPLIT_HINT = 'Let it run on one, without `cpus`; docs/processors.md says which elements work on several.';
