/** Files that lead back to themselves along their arrows: strongly connected components (Tarjan, 1972). */

/** The circles of a graph, each as its nodes in order of their names. */
export function circlesOf(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const number = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (node: string): void => {
    number.set(node, number.size);
    lowest.set(node, number.get(node)!);
    open.push(node);
    for (const next of arrows.get(node) ?? []) {
      if (!number.has(next)) visit(next);
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
    }
    if (lowest.get(node) !== number.get(node)) return;
    const circle = open.splice(open.indexOf(node));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of arrows.keys()) if (!number.has(node)) visit(node);
  return circles;
}
