/**
 * Paths as a tree in which each byte of a request leads to the next node: a ternary search tree (Bentley and Sedgewick, 1997), its siblings
 * balanced, so that a byte takes at most nine comparisons. Node 0 is none.
 */
export interface PathTree {
  readonly root: number;
  readonly node_byte: Uint8Array;
  readonly node_low: Uint32Array;
  readonly node_high: Uint32Array;
  /** Where the next byte goes on. */
  readonly node_next: Uint32Array;
  /** The number of what has this path, plus 1; 0: nothing has. */
  readonly node_value: Uint32Array;
}

export function pathTree(paths: ReadonlyMap<string, number>): PathTree {
  const sorted = [...paths].map(([path, value]) => ({ bytes: Buffer.from(path), value })).sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const nodes = [{ byte: 0, low: 0, high: 0, next: 0, value: 0 }];
  /** The node of the paths `from..to`, which agree before `depth`; 0: there are none so long. */
  const build = (from: number, to: number, depth: number): number => {
    const groups: { byte: number; from: number; to: number }[] = [];
    for (let index = from; index < to; index += 1) {
      const { bytes } = sorted[index]!;
      if (bytes.length <= depth) continue;
      const last = groups.at(-1);
      if (last?.byte === bytes[depth]) last!.to = index + 1;
      else groups.push({ byte: bytes[depth]!, from: index, to: index + 1 });
    }
    const among = (first: number, end: number): number => {
      if (first >= end) return 0;
      const middle = (first + end) >> 1;
      const group = groups[middle]!;
      const number = nodes.push({ byte: group.byte, low: 0, high: 0, next: 0, value: 0 }) - 1;
      const node = nodes[number]!;
      const ends = sorted[group.from]!;
      if (ends.bytes.length === depth + 1) node.value = ends.value + 1;
      node.next = build(group.from, group.to, depth + 1);
      node.low = among(first, middle);
      node.high = among(middle + 1, end);
      return number;
    };
    return among(0, groups.length);
  };
  const root = build(0, sorted.length, 0);
  return {
    root,
    node_byte: Uint8Array.from(nodes, ({ byte }) => byte),
    node_low: Uint32Array.from(nodes, ({ low }) => low),
    node_high: Uint32Array.from(nodes, ({ high }) => high),
    node_next: Uint32Array.from(nodes, ({ next }) => next),
    node_value: Uint32Array.from(nodes, ({ value }) => value),
  };
}
