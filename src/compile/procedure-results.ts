/** What the returns of a procedure come to. */
import type ts from 'typescript';
import type { Flow } from './flow.js';
import type { PacketLocal } from './ir.js';
import type { Lowering, ReturnTarget } from './lowering.js';
import { hull, type Range } from './range.js';
import { VOID, type Value } from './value.js';

export type Result =
  | { readonly kind: 'integer' | 'boolean'; readonly range: Range }
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'nothing' };

export class ProcedureResults implements ReturnTarget {
  readonly flows: Flow[] = [];
  private readonly constants: ({ value: unknown } | undefined)[] = [];
  private readonly kept: PacketLocal[][] = [];
  private readonly kinds = new Set<'integer' | 'boolean' | 'nothing'>();
  private range: Range | undefined;

  /** `packets`: those that the procedure was given. */
  constructor(private readonly packets: readonly PacketLocal[]) {}

  accept(lowering: Lowering, value: Value | undefined, at: ts.Node): void {
    const given = value ?? VOID;
    const leaked = lowering.flow.left().filter((packet) => !this.packets.includes(packet));
    if (leaked.length > 0) lowering.refuse('WL2008', at, 'a packet got or made here is still held when the function ends');
    const kept = this.packets.filter((packet) => lowering.flow.statusOf(packet) === 'owned');
    this.kept.push(kept);
    this.constants.push(lowering.constantOf(given));
    const isNothing = given.kind === 'void' || (given.kind === 'const' && given.value === undefined);
    if (isNothing) {
      this.kinds.add('nothing');
      lowering.add({ op: 'return-value', kept }, at);
    } else if (given.kind === 'boolean' || (given.kind === 'const' && typeof given.value === 'boolean')) {
      this.kinds.add('boolean');
      this.range = { low: 0, high: 1 };
      lowering.add({ op: 'return-value', value: lowering.condition(given, at).condition, kept }, at);
    } else {
      const expression = lowering.integer(given, at);
      this.kinds.add('integer');
      this.range = this.range === undefined ? expression.range : hull(this.range, expression.range);
      lowering.add({ op: 'return-value', value: expression, kept }, at);
    }
    this.flows.push(lowering.flow.fork());
    lowering.flow.dead = true;
  }

  /** Of all returns; undefined if they differ in kind, or there is none. */
  result(): Result | undefined {
    const [kind] = this.kinds;
    if (this.kinds.size !== 1 || kind === undefined) return undefined;
    if (kind === 'nothing') return { kind };
    const [first] = this.constants;
    if (this.constants.every((item) => item !== undefined && item.value === first!.value)) return { kind: 'constant', value: first!.value };
    return { kind, range: this.range! };
  }

  /** Of the packets that are still here, only these lie otherwise than they did. */
  keepOnly(changed: readonly PacketLocal[]): void {
    for (const kept of this.kept) kept.splice(0, kept.length, ...kept.filter((packet) => changed.includes(packet)));
  }
}
