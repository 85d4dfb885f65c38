/**
 * The way that most packets take: from an interface by first outputs, and by those among which a packet's fields choose.
 * What lies there may be reached by other ways, too, such as answers to errors. A C compiler inlines what is called from
 * one place; what is called from several it often does not, and then each packet pays for a call with its registers
 * saved. So what is on the short way is inlined there, and all other ways call a copy of it.
 */
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';

/** Inputs near the interfaces that are copied, at most: each copy holds all that is behind it. */
const COPIED_MAX = 8;
/** Where packets come from in the first place. */
export const INTERFACE = -1;

/** Statements beyond which a call costs little beside what it does, and a copy much. */
const COPIED_STATEMENTS_MAX = 400;

export class HotPath {
  /** By name of the function of an input: the instance that reaches it first. */
  private readonly first = new Map<string, number>();
  private readonly copied = new Set<string>();
  /** What is reached from one place only, and short enough to be copied. */
  private readonly alone = new Set<string>();

  /**
   * `nameOf`: the function of an input, none where packets leave; `chooses`: whether an instance computes its outputs;
   * `statementsOf`: how long what it does with a packet is; `large`: whether an instance is compiled for size, so that a call
   * more costs it nothing.
   */
  constructor(graph: CheckedGraph, nameOf: (target: PortEnd) => string | undefined, chooses: (instance: Instance) => boolean, statementsOf: (target: PortEnd) => number, large: (instance: number) => boolean) {
    const callers = new Map<string, Set<number>>();
    const next = graph.instances.map((instance) => {
      // Where packets are pulled from, their way goes on elsewhere.
      const pushes = ({ processing }: Instance['outputs'][number]) => processing === 'push';
      const targets = instance.outputs.filter(pushes).flatMap(({ to }) => to.slice(0, 1));
      const from = instance.class.definition.device === 'receive' ? INTERFACE : instance.index;
      for (const target of targets) {
        const name = nameOf(target);
        if (name !== undefined) callers.set(name, (callers.get(name) ?? new Set()).add(from));
      }
      return chooses(instance) ? targets : instance.outputs.slice(0, 1).filter(pushes).flatMap(({ to }) => to.slice(0, 1));
    });
    const received = graph.instances.filter(({ class: type }) => type.definition.device === 'receive').flatMap(({ index }) => next[index]!);
    const waiting = received.map((target) => ({ target, from: INTERFACE }));
    for (const { target, from } of waiting) {
      const name = nameOf(target);
      if (name === undefined || this.first.has(name)) continue;
      this.first.set(name, from);
      const short = statementsOf(target) <= COPIED_STATEMENTS_MAX;
      if (callers.get(name)!.size > 1 && !(from !== INTERFACE && large(from)) && this.copied.size < COPIED_MAX && short) this.copied.add(name);
      if (callers.get(name)!.size === 1 && short) this.alone.add(name);
      waiting.push(...next[target.instance]!.map((further) => ({ target: further, from: target.instance })));
    }
  }

  /** Whether nothing but interfaces, or code that is a copy of it, calls a function. */
  isFirst(name: string): boolean {
    return this.first.get(name) === INTERFACE && (this.copied.has(name) || this.alone.has(name));
  }

  /** Functions that are inlined where they are reached first, by name. */
  get copies(): ReadonlySet<string> {
    return this.copied;
  }

  /** Whether a function is inlined where it is reached first, and called by another name elsewhere. */
  isCopied(name: string): boolean {
    return this.copied.has(name);
  }

  /** What to call from one of these instances for the function `name`. */
  callee(name: string, from: readonly number[]): string {
    return this.copied.has(name) && !from.includes(this.first.get(name)!) ? `${name}_again` : name;
  }
}
