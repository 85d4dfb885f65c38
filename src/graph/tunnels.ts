/**
 * Connections through the inputs and outputs of groups and compounds: a connection to one of them goes on
 * to everything that is connected from it, until none of them is left.
 */

export interface TunnelConnection<E> {
  readonly from: E;
  readonly to: E;
}

/**
 * The connections between ends that are no tunnels. `key` tells which ends of tunnels are the same one;
 * undefined for other ends. A tunnel that leads only to itself leads nowhere.
 */
export function throughTunnels<E>(
  connections: readonly TunnelConnection<E>[],
  key: (end: E) => string | undefined,
): TunnelConnection<E>[] {
  const leading = new Map<string, E[]>();
  for (const { from, to } of connections) {
    const name = key(from);
    if (name === undefined) continue;
    const ends = leading.get(name);
    if (ends === undefined) leading.set(name, [to]);
    else ends.push(to);
  }
  const direct: TunnelConnection<E>[] = [];
  for (const { from, to } of connections) {
    if (key(from) === undefined) for (const end of reached(to, leading, key)) direct.push({ from, to: end });
  }
  return direct;
}

function reached<E>(to: E, leading: ReadonlyMap<string, readonly E[]>, key: (end: E) => string | undefined): E[] {
  const found: E[] = [];
  const seen = new Set<string>();
  const pending = [to];
  while (pending.length > 0) {
    const end = pending.shift()!;
    const name = key(end);
    if (name === undefined) {
      found.push(end);
    } else if (!seen.has(name)) {
      seen.add(name);
      pending.push(...(leading.get(name) ?? []));
    }
  }
  return found;
}

/** The same connections in the order of Click's tools: first those that go through no tunnel, then, for each that leads out of one, those from all that lead to it, the latest first. */
export function tunnelsLast<E>(connections: readonly TunnelConnection<E>[], key: (end: E) => string | undefined): TunnelConnection<E>[] {
  const leading = new Map<string, E[]>();
  for (const { from, to } of connections) {
    const name = key(to);
    if (name === undefined) continue;
    const ends = leading.get(name);
    if (ends === undefined) leading.set(name, [from]);
    else ends.push(from);
  }
  // However many ways lead through a tunnel, it is gone through once.
  const sources = (name: string, seen: Set<string>): E[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    return [...(leading.get(name) ?? [])].reverse().flatMap((end) => {
      const before = key(end);
      return before === undefined ? [end] : sources(before, seen);
    });
  };
  const through = connections.flatMap(({ from, to }) => {
    const name = key(from);
    return name === undefined || key(to) !== undefined ? [] : sources(name, new Set()).map((end) => ({ from: end, to }));
  });
  return [...connections.filter(({ from, to }) => key(from) === undefined && key(to) === undefined), ...through];
}
