/** Names in scope while a function is lowered. */
import type { PacketLocal } from './ir.js';
import type { Value, Variable } from './value.js';

/** A variable whose value is in the flow, or a name for a value that never changes. */
export type Binding = { readonly variable: Variable } | { readonly value: Value } | { readonly packet: PacketLocal };

export class Scope {
  private readonly names = new Map<string, Binding>();

  /** `isFunction`: the names of a function, not of a block in it. */
  constructor(
    private readonly parent?: Scope,
    private readonly isFunction = false,
  ) {}

  find(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.find(name);
  }

  /** Whether a name is declared outside the function that this scope is in. */
  isOutside(name: string): boolean {
    if (this.names.has(name)) return false;
    return this.isFunction || (this.parent?.isOutside(name) ?? false);
  }

  declare(name: string, binding: Binding): void {
    this.names.set(name, binding);
  }

  /** All names that can be seen, for suggestions. */
  all(): string[] {
    return [...this.names.keys(), ...(this.parent?.all() ?? [])];
  }
}
