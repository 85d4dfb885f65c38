/**
 * Loops that a packet could go round without end: arrows between push ports that lead back to where they
 * began, with no element on the way that holds packets (a queue's output is pulled) or that ends loops by what it does.
 */
import type { Diagnostics } from '../diagnostics.js';
import { nameOf, type BoundInstance } from './bound.js';
import type { BoundEdge, BoundPorts } from './bind-ports.js';
import type { ResolvedPorts } from './resolve-processing.js';

/** The arrows of each loop, the one that leads back last: without these last ones there are no loops. */
export function findLoops(bound: readonly BoundInstance[], ports: readonly BoundPorts[], resolved: readonly ResolvedPorts[]): BoundEdge[][] {
  const state = new Map<number, 'open' | 'done'>();
  const path: BoundEdge[] = [];
  const found: BoundEdge[][] = [];

  const visit = (start: BoundInstance): void => {
    // An explicit stack: graphs may be chains of many thousand elements.
    const stack: { instance: BoundInstance; edges: BoundEdge[]; next: number }[] = [];
    const open = (instance: BoundInstance) => {
      state.set(instance.index, 'open');
      stack.push({ instance, edges: pushEdges(instance), next: 0 });
    };
    open(start);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const edge = top.edges[top.next];
      if (edge === undefined) {
        state.set(top.instance.index, 'done');
        stack.pop();
        path.pop();
        continue;
      }
      top.next += 1;
      const { instance } = edge.to;
      const known = state.get(instance.index);
      if (known === 'open') found.push([...fromFirst(path, instance), edge]);
      else if (known === undefined) {
        path.push(edge);
        open(instance);
      }
    }
  };

  const pushEdges = ({ index, element }: BoundInstance): BoundEdge[] => {
    if (element.class.definition.endsLoops !== undefined) return [];
    return ports[index]!.outputs.flatMap(({ edges }, port) => (resolved[index]!.outputs[port] === 'push' ? edges : []));
  };

  for (const instance of bound) if (!state.has(instance.index)) visit(instance);
  return found;
}

export function reportLoops(loops: readonly (readonly BoundEdge[])[], diagnostics: Diagnostics): void {
  const reported = new Set<number>();
  for (const loop of loops) {
    if (loop.some(({ from }) => reported.has(from.instance.index))) continue;
    for (const { from } of loop) reported.add(from.instance.index);
    const back = loop.at(-1)!;
    const names = [...loop.map(({ from }) => nameOf(from.instance)), nameOf(back.to.instance)].join(' -> ');
    diagnostics.error('WL1268', back.toSpan, `packets could go round for ever: ${names}`, 'Put a Queue and an Unqueue on the way, as in ... -> Queue(64) -> Unqueue -> ..., or say `loops: wait` at the top of the file.');
  }
}

/** The end of a path, from where it leaves the instance; nothing if that is where it ends. */
function fromFirst(path: readonly BoundEdge[], instance: BoundInstance): BoundEdge[] {
  const begin = path.findIndex(({ from }) => from.instance === instance);
  return begin < 0 ? [] : path.slice(begin);
}
