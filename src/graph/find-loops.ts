/**
 * Loops that a packet could go round without end: arrows between push ports that lead back to where they
 * began, with no element on the way that holds packets (a queue's output is pulled) or that ends loops by what it does.
 */
import type { Diagnostics } from '../diagnostics.js';
import { nameOf, type BoundInstance } from './bound.js';
import type { BoundEdge, BoundPorts } from './bind-ports.js';
import type { ResolvedPorts } from './resolve-processing.js';

export function findLoops(bound: readonly BoundInstance[], ports: readonly BoundPorts[], resolved: readonly ResolvedPorts[], diagnostics: Diagnostics): void {
  const state = new Map<number, 'open' | 'done'>();
  const path: BoundEdge[] = [];
  const reported = new Set<number>();

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
      if (known === 'open') report([...path, edge], instance);
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

  const report = (edges: readonly BoundEdge[], back: BoundInstance): void => {
    const begin = edges.findIndex(({ from }) => from.instance === back);
    const loop = edges.slice(Math.max(0, begin));
    if (loop.some(({ from }) => reported.has(from.instance.index))) return;
    for (const { from } of loop) reported.add(from.instance.index);
    const names = [...loop.map(({ from }) => nameOf(from.instance)), nameOf(back)].join(' -> ');
    diagnostics.error('WL1268', loop.at(-1)!.toSpan, `packets could go round for ever: ${names}`, 'Put a Queue and an Unqueue on the way, as in ... -> Queue(64) -> Unqueue -> ...');
  };

  for (const instance of bound) if (!state.has(instance.index)) visit(instance);
}
