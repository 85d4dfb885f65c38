/**
 * What is known at a point of the program: the range of each variable, whether each boolean is decided,
 * and what has become of each packet. Forks at a condition, joins after it.
 */
import type { PacketLocal } from './ir.js';
import { contains, hull, sameRange, type Range } from './range.js';
import type { Variable } from './value.js';

/**
 * owned: here, and to be passed on; maybe: here unless null; null: there is none; gone: passed on;
 * disputed: passed on along one path and not along another.
 */
export type PacketStatus = 'owned' | 'maybe' | 'null' | 'gone' | 'disputed';

export class Flow {
  /** Only what cannot have changed meanwhile may be narrowed now: see `recall`. */
  private recalling = false;

  private constructor(
    private readonly ranges: Map<Variable, Range>,
    private readonly packets: Map<PacketLocal, PacketStatus>,
    /** Nothing gets here. */
    public dead: boolean,
  ) {}

  static start(): Flow {
    return new Flow(new Map(), new Map(), false);
  }

  fork(): Flow {
    return new Flow(new Map(this.ranges), new Map(this.packets), this.dead);
  }

  rangeOf(variable: Variable): Range {
    return this.ranges.get(variable) ?? variable.local.range;
  }

  /** Sets what is known of a variable, by assignment or by a condition. */
  know(variable: Variable, range: Range): void {
    this.ranges.set(variable, range);
  }

  /** Narrows what is known of a variable, by a condition that holds; undefined: it cannot hold. */
  narrow(variable: Variable, range: Range | undefined): void {
    if (this.recalling && !variable.constant) return;
    if (range === undefined) this.dead = true;
    else this.know(variable, range);
  }

  /** Lets a condition that was looked at earlier narrow what it was about, but for variables that may have other values now. */
  recall(refine: () => void): void {
    const outer = this.recalling;
    this.recalling = true;
    try {
      refine();
    } finally {
      this.recalling = outer;
    }
  }

  statusOf(packet: PacketLocal): PacketStatus {
    return this.packets.get(packet) ?? 'gone';
  }

  setStatus(packet: PacketLocal, status: PacketStatus): void {
    this.packets.set(packet, status);
  }

  /** Packets that are here, or may be. */
  held(): PacketLocal[] {
    return [...this.packets].filter(([, status]) => status === 'owned' || status === 'maybe').map(([packet]) => packet);
  }

  /** Packets that would leak, on some path, if the function ended here. */
  left(): PacketLocal[] {
    return [...this.packets].filter(([, status]) => status !== 'gone' && status !== 'null').map(([packet]) => packet);
  }

  statuses(): ReadonlyMap<PacketLocal, PacketStatus> {
    return this.packets;
  }

  /** What holds when either of the two got here. */
  static join(a: Flow, b: Flow): Flow {
    if (a.dead) return b.fork();
    if (b.dead) return a.fork();
    const joined = a.fork();
    for (const [variable, range] of b.ranges) {
      const other = a.ranges.get(variable);
      if (other === undefined) joined.ranges.set(variable, range);
      else joined.ranges.set(variable, hull(other, range));
    }
    for (const [packet, status] of b.packets) {
      const other = a.packets.get(packet);
      joined.packets.set(packet, other === undefined ? status : joinStatus(other, status));
    }
    return joined;
  }

  /** Whether `other` knows nothing that this does not: the test for a loop's fixed point. */
  equals(other: Flow): boolean {
    for (const [variable, range] of this.ranges) {
      const theirs = other.ranges.get(variable);
      if (theirs !== undefined && !sameRange(range, theirs)) return false;
    }
    for (const [packet, status] of this.packets) {
      const theirs = other.packets.get(packet);
      if (theirs !== undefined && status !== theirs) return false;
    }
    return true;
  }

  /** Whether what is known here of the variables, but for `others`, holds in `flow` too. */
  covers(flow: Flow, others: ReadonlySet<Variable>): boolean {
    if (flow.dead) return true;
    for (const [variable, range] of this.ranges) {
      const theirs = flow.ranges.get(variable);
      if (theirs !== undefined && !others.has(variable) && !contains(range, theirs)) return false;
    }
    return true;
  }

  /** Whether this knows at least as much as `other`, as far as both speak of it: what holds there holds here. */
  isWithin(other: Flow): boolean {
    for (const [variable, range] of this.ranges) {
      const theirs = other.ranges.get(variable);
      if (theirs !== undefined && !contains(theirs, range)) return false;
    }
    for (const [packet, status] of this.packets) {
      const theirs = other.packets.get(packet);
      if (theirs !== undefined && status !== theirs) return false;
    }
    return true;
  }

  /** The variables whose range differs from that in `other`. */
  changed(other: Flow): Variable[] {
    return [...this.ranges.keys()].filter((variable) => {
      const theirs = other.ranges.get(variable);
      return theirs !== undefined && !sameRange(this.ranges.get(variable)!, theirs);
    });
  }
}

function joinStatus(a: PacketStatus, b: PacketStatus): PacketStatus {
  if (a === b) return a;
  const both = new Set([a, b]);
  if (both.has('disputed')) return 'disputed';
  if (both.has('gone')) return both.has('null') ? 'gone' : 'disputed';
  return 'maybe';
}
