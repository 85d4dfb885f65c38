/**
 * What was found to hold at the heads of inner loops. The fixed point of an outer loop looks at them again in every round;
 * what held in the round before is where they begin then, and mostly that is it. Without, each level of nesting would look
 * at the next several times in each of several rounds.
 */
import type ts from 'typescript';
import type { Flow } from './flow.js';
import { hull, range, type Range } from './range.js';
import type { Variable } from './value.js';

export class LoopMemory {
  private readonly heads = new Map<ts.Node, Map<string, ReadonlyMap<string, Range>>>();
  /** Loops around the one at hand whose fixed points are sought. */
  private depth = 0;

  /** Runs `seek` for a loop; what is remembered of those within it is of this time only. */
  within<T>(seek: () => T): T {
    if (this.depth === 0) this.heads.clear();
    this.depth += 1;
    try {
      return seek();
    } finally {
      this.depth -= 1;
    }
  }

  /** Widens `head`, which knows what holds before the loop, by what held in it last; whether that is known. */
  recall(node: ts.Node, sites: readonly ts.Node[], head: Flow, assigned: readonly Variable[], counted: ReadonlySet<Variable>): boolean {
    const known = this.heads.get(node)?.get(pathOf(sites));
    if (known === undefined) return false;
    for (const variable of assigned) {
      const before = head.rangeOf(variable);
      const held = known.get(variable.name);
      if (held === undefined) continue;
      head.know(variable, counted.has(variable) ? range(before.low + held.low, before.high + held.high) : hull(before, held));
    }
    return true;
  }

  /** `counted` are only added to: of these it is kept by how much they grew since before the loop. */
  keep(node: ts.Node, sites: readonly ts.Node[], entry: Flow, head: Flow, assigned: readonly Variable[], counted: ReadonlySet<Variable>): void {
    const held = new Map<string, Range>();
    for (const variable of assigned) {
      const now = head.rangeOf(variable);
      const before = entry.rangeOf(variable);
      held.set(variable.name, counted.has(variable) ? range(now.low - before.low, now.high - before.high) : now);
    }
    const paths = this.heads.get(node) ?? new Map<string, ReadonlyMap<string, Range>>();
    this.heads.set(node, paths.set(pathOf(sites), held));
  }
}

function pathOf(sites: readonly ts.Node[]): string {
  return sites.map((site) => `${site.getSourceFile().fileName}:${site.pos}`).join(' ');
}
