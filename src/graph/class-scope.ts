/** What class names stand for, scope by scope (click(5), "The `elementclass' statement"). */
import type { Compound } from './graph.js';

/** Compound definitions, tried in order, and perhaps an element class after them. */
export interface ClassBinding {
  readonly definitions: readonly Compound[];
  readonly elementClass?: string;
}

export class ClassScope {
  private readonly bindings = new Map<string, ClassBinding>();

  constructor(private readonly outer?: ClassScope) {}

  /** What `name` stands for; a name that nothing here defines is that of an element class. */
  lookup(name: string): ClassBinding {
    return this.find(name) ?? { definitions: [], elementClass: name };
  }

  find(name: string): ClassBinding | undefined {
    return this.bindings.get(name) ?? this.outer?.find(name);
  }

  bind(name: string, binding: ClassBinding): void {
    this.bindings.set(name, binding);
  }
}
