/**
 * Checks of a packet's length that cannot fail are left out: behind a header that was just put in front of it, in a packet
 * that was just made, and behind what an earlier check has passed. C compilers see the last of these only.
 */
import type { Block, Expression, PacketLocal, Pointer, Statement } from './ir.js';
import { checkOf } from './merge-checks.js';

/** Bytes that there are at least between a pointer and the end of its packet. */
class Lengths {
  /** By the packet's number: from the start of its data. */
  private readonly data = new Map<number, number>();
  /** By the view's number, with the packet it looks at. */
  private readonly views = new Map<number, { readonly packet: number; readonly bytes: number }>();

  copy(): Lengths {
    const copy = new Lengths();
    for (const [packet, bytes] of this.data) copy.data.set(packet, bytes);
    for (const [view, known] of this.views) copy.views.set(view, known);
    return copy;
  }

  /** What holds on both ways. */
  static join(one: Lengths | undefined, other: Lengths | undefined): Lengths | undefined {
    if (one === undefined || other === undefined) return one ?? other;
    const joined = new Lengths();
    for (const [packet, bytes] of one.data) joined.setData(packet, Math.min(bytes, other.data.get(packet) ?? 0));
    for (const [view, { packet, bytes }] of one.views) {
      const same = other.views.get(view);
      if (same?.packet === packet) joined.views.set(view, { packet, bytes: Math.min(bytes, same.bytes) });
    }
    return joined;
  }

  of(pointer: Pointer): number {
    if ('view' in pointer) return this.views.get(pointer.view)?.bytes ?? 0;
    return pointer.part === 'data' ? (this.data.get(pointer.packet.id) ?? 0) : 0;
  }

  /** A check has passed. `end` is the packet whose end it looked at. */
  passed(pointer: Pointer, bytes: number, end: PacketLocal): void {
    if ('view' in pointer) this.views.set(pointer.view, { packet: end.id, bytes });
    else if (pointer.part === 'data' && pointer.packet.id === end.id) this.setData(end.id, bytes);
  }

  view(view: number, pointer: Pointer, offset: Expression): void {
    const packet = 'view' in pointer ? this.views.get(pointer.view)?.packet : pointer.packet.id;
    const bytes = this.of(pointer) - (offset.op === 'number' ? offset.value : Infinity);
    this.views.delete(view);
    if (packet !== undefined && bytes > 0) this.views.set(view, { packet, bytes });
  }

  /** Bytes came in front of the packet, or behind it. */
  grown({ id }: PacketLocal, count: Expression): void {
    this.setData(id, (this.data.get(id) ?? 0) + Math.max(0, count.range.low));
  }

  /** The data begins farther back: views stay where they are. */
  moved({ id }: PacketLocal, by: Expression): void {
    this.setData(id, (this.data.get(id) ?? 0) - by.range.high);
  }

  fresh(packet: PacketLocal, bytes: number): void {
    this.forget(packet);
    this.setData(packet.id, bytes);
  }

  forget({ id }: PacketLocal): void {
    this.data.delete(id);
    for (const [view, { packet }] of this.views) if (packet === id) this.views.delete(view);
  }

  private setData(packet: number, bytes: number): void {
    if (bytes > 0) this.data.set(packet, bytes);
    else this.data.delete(packet);
  }
}

/** The same statements without checks that always pass. */
export function withoutPassedChecks(body: Block): Block {
  return new Known().block(body, new Lengths()).block;
}

interface Outcome {
  readonly block: Block;
  /** What holds behind it; undefined where nothing comes behind it. */
  readonly lengths: Lengths | undefined;
}

class Known {
  /** By label: what holds where blocks are left. */
  private readonly left = new Map<number, Lengths>();

  block(block: Block, begin: Lengths): Outcome {
    let lengths: Lengths | undefined = begin;
    const result: Statement[] = [];
    for (const statement of block) {
      // What cannot be reached stays as it is.
      const outcome: Outcome = lengths === undefined ? { block: [statement], lengths } : this.statement(statement, lengths);
      result.push(...outcome.block);
      lengths = outcome.lengths;
    }
    return { block: result, lengths };
  }

  private statement(statement: Statement, lengths: Lengths): Outcome {
    switch (statement.op) {
      case 'trap-if': {
        const check = checkOf(statement);
        if (check !== undefined && check.bytes <= lengths.of(check.pointer)) return { block: [], lengths };
        if (check !== undefined) lengths.passed(check.pointer, check.bytes, check.end);
        return { block: [statement], lengths };
      }
      case 'if': {
        const then = this.block(statement.then, lengths.copy());
        const otherwise = this.block(statement.otherwise, lengths);
        return { block: [{ ...statement, then: then.block, otherwise: otherwise.block }], lengths: Lengths.join(then.lengths, otherwise.lengths) };
      }
      case 'block': {
        const body = this.block(statement.body, lengths);
        return { block: [{ ...statement, body: body.block }], lengths: Lengths.join(body.lengths, this.left.get(statement.label)) };
      }
      case 'loop':
        // What one round does holds for the next; nothing is known behind it, either.
        return { block: [{ ...statement, body: this.block(statement.body, new Lengths()).block }], lengths: new Lengths() };
      case 'leave':
        this.left.set(statement.label, Lengths.join(this.left.get(statement.label), lengths)!);
        return { block: [statement], lengths: undefined };
      case 'finish':
      case 'return-flag':
      case 'return-packet':
      case 'return-value':
        return { block: [statement], lengths: undefined };
      default:
        follow(statement, lengths);
        return { block: [statement], lengths };
    }
  }
}

/** What a statement without parts does to the lengths. */
function follow(statement: Statement, lengths: Lengths): void {
  switch (statement.op) {
    case 'view':
      return lengths.view(statement.view, statement.pointer, statement.offset);
    case 'prepend':
    case 'unstrip':
    case 'append':
      return lengths.grown(statement.packet, statement.count);
    case 'move':
      return lengths.moved(statement.packet, statement.by);
    case 'make':
      return lengths.fresh(statement.packet, statement.length.range.low);
    case 'copy-of':
      return lengths.fresh(statement.packet, statement.bytes.length);
    case 'cut':
    case 'pull':
    case 'dequeue':
    case 'take':
    case 'enqueue':
    case 'list-append':
    case 'emit':
      return lengths.forget(statement.packet);
    case 'invoke':
      for (const argument of statement.arguments) if (argument.kind === 'packet') lengths.forget(argument.packet);
      return;
    default:
      return;
  }
}
