/**
 * Where fusing ends. The function of an input is called from one place mostly, and the C compiler inlines it there, and
 * what that calls, and so on: the way of a packet is one function, and its state lives in registers. Of a long chain that
 * would be a function without bound, and C compilers take more than twice the time for one of twice the length. So in
 * large graphs what is inlined into one function is bounded: behind it, a packet is handed on by a call, which costs little
 * beside so much.
 */
import type { Lines } from './c-lines.js';

/** Lines of C for packets in all: of what has no more, everything is inlined. */
const UNBOUNDED_LINES_MAX = 15_000;
/** Lines in one function with all that is inlined, in larger graphs. */
const FUSED_LINES_MAX = 600;

/** Whether the C compiler is left to it, or a function is inlined by all means unless it is to be called, or is apart and small. */
type Kind = 'free' | 'inlined' | 'apart';

interface Written {
  readonly signature: string;
  /** Asked for when all is written. */
  readonly kind: () => Kind;
  lines: number;
  readonly callees: Set<string>;
}

export class Fusion {
  private readonly functions = new Map<string, Written>();
  private current: Written | undefined;

  declare(name: string, signature: string, kind: () => Kind): void {
    this.functions.set(name, { signature, kind, lines: 0, callees: new Set() });
  }

  /** Writes a function of which it notes how long it is and what it calls. Others than those declared are not looked at. */
  write(name: string, body: Lines, signature: string, write: () => void): void {
    const before = body.written;
    this.current = this.functions.get(name);
    body.block(`static ${signature}`, write);
    if (this.current !== undefined) this.current.lines = body.written - before;
    this.current = undefined;
  }

  /** The function at hand hands packets to another. */
  calls(name: string): void {
    this.current?.callees.add(name);
  }

  /** Writes the declarations; the names of those functions that are called, not inlined. */
  finish(head: Lines): ReadonlySet<string> {
    const apart = new Set([...this.functions].flatMap(([name, { kind }]) => (kind() === 'apart' ? [name] : [])));
    const called = this.called(apart);
    for (const [name, { signature, kind }] of this.functions) {
      head.add(`${apart.has(name) ? 'WL_APART' : called.has(name) ? 'static __attribute__((noinline, unused))' : kind() === 'inlined' ? 'WL_INLINE' : 'static __attribute__((unused))'} ${signature};`);
    }
    return called;
  }

  private called(apart: ReadonlySet<string>): Set<string> {
    const called = new Set<string>();
    const total = [...this.functions].reduce((sum, [name, { lines }]) => (apart.has(name) ? sum : sum + lines), 0);
    if (total <= UNBOUNDED_LINES_MAX) return called;
    const joined = new Map<string, number>();
    for (const name of this.calleesFirst()) {
      const { lines, callees } = this.functions.get(name)!;
      const parts = [...callees].map((callee) => ({ callee, lines: joined.get(callee) ?? 0 })).filter(({ callee }) => !called.has(callee) && !apart.has(callee));
      let sum = parts.reduce((total, part) => total + part.lines, lines);
      // The longest first: most is left together.
      for (const part of parts.sort((a, b) => b.lines - a.lines)) {
        if (sum <= FUSED_LINES_MAX || part.lines === 0) break;
        called.add(part.callee);
        sum -= part.lines;
      }
      joined.set(name, sum);
    }
    return called;
  }

  /** Every function behind those that it calls, but for one of each circle. Chains may be longer than a stack is deep. */
  private calleesFirst(): string[] {
    const order: string[] = [];
    const seen = new Set<string>();
    for (const root of this.functions.keys()) {
      const waiting = [{ name: root, done: false }];
      for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
        const { name, done } = item;
        if (done) order.push(name);
        else if (!seen.has(name)) {
          seen.add(name);
          waiting.push({ name, done: true });
          for (const callee of this.functions.get(name)!.callees) if (this.functions.has(callee) && !seen.has(callee)) waiting.push({ name: callee, done: false });
        }
      }
    }
    return order;
  }
}
