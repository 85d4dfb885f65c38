/**
 * Loops of Click configurations, and of graphs that say `loops: wait`: Click lets a packet go round at once, as deep as its stack allows. Here it waits where it comes round, in an element that nobody
 * declared, and goes on in the next round of all work: the stack need not hold all its rounds, and a packet that never leaves keeps nothing else from working.
 */
import type { BoundEdge } from './bind-ports.js';
import type { ExpandedConnection, ExpandedGraph, ExpandedInstance } from './expanded.js';
import type { CheckedGraph } from './graph.js';

const STORE = 'Pipeliner';

/** The graph with such an element on each of these arrows. */
export function withLoopStores(expanded: ExpandedGraph, arrows: readonly BoundEdge[]): ExpandedGraph {
  const stores: ExpandedInstance[] = [];
  const connections = expanded.connections.flatMap((connection): ExpandedConnection[] => {
    if (!arrows.some((arrow) => isOf(arrow, connection))) return [connection];
    const { from, to } = connection;
    const store = storeBefore(to.instance, stores.length);
    stores.push(store);
    return [{ from, to: { instance: store, span: to.span } }, { from: { instance: store, span: to.span }, to }];
  });
  return { ...expanded, instances: [...expanded.instances, ...stores], connections };
}

/** Whether packets go round in a graph, and wait in such elements. */
export function hasLoopStores({ instances }: CheckedGraph): boolean {
  return instances.some((instance) => instance.implied === true && instance.class.name === STORE);
}

function isOf({ from, to, fromSpan, toSpan }: BoundEdge, connection: ExpandedConnection): boolean {
  const ends = connection.from.instance === from.instance.expanded && connection.to.instance === to.instance.expanded;
  return ends && connection.from.span === fromSpan && connection.to.span === toSpan;
}

function storeBefore(instance: ExpandedInstance, number: number): ExpandedInstance {
  const name = `${instance.name}/round@${number + 1}`;
  return { ...instance, name, localName: name, className: STORE, implied: true, arguments: { form: 'click', list: [], span: instance.span, complete: true } };
}
