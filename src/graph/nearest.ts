/** Follows connections to the nearest elements that are sought. */
import type { Instance, PortEnd } from './graph.js';

/** What `sought` makes of the elements that come first on each way from `first` on, near ones before far ones; it does not come back to `from`. */
export function nearest<T>(from: Instance, first: readonly PortEnd[], downstream: boolean, instances: readonly Instance[], sought: (instance: Instance) => T | undefined): T[] {
  const seen = new Set<number>([from.index]);
  const found: T[] = [];
  const pending = [...first];
  while (pending.length > 0) {
    const { instance: index } = pending.shift()!;
    if (seen.has(index)) continue;
    seen.add(index);
    const instance = instances[index]!;
    const result = sought(instance);
    if (result !== undefined) found.push(result);
    else pending.push(...(downstream ? instance.outputs.flatMap(({ to }) => to) : instance.inputs.flatMap((input) => input.from)));
  }
  return found;
}
