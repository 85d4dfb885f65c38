/** What the engine keeps of each instance. */
import type { Instance } from '../../graph/graph.js';
import type { ControlPart } from '../../kit/control.js';
import type { AnyContext } from '../../kit/element.js';

export interface InstanceCounts {
  packets: number;
  readonly outputs: number[];
  readonly counters: Record<string, number>;
  readonly drops: Record<string, number>;
}

export interface TimerState {
  readonly node: Node;
  readonly name: string;
  readonly background: boolean;
  /** Microseconds since 1970; undefined: off. */
  due: number | undefined;
}

/** An instance with what it needs to run. */
export interface Node {
  readonly instance: Instance;
  readonly counts: InstanceCounts;
  /** For initialize, run and timers: `port` is 0. */
  context: AnyContext;
  /** One for each input and one for each output: they differ in `port`. */
  readonly inputContexts: AnyContext[];
  readonly outputContexts: AnyContext[];
  /** At work on the control side. */
  part?: ControlPart;
  /** What its state was made from. */
  spec: Instance['state'];
}

/** A list by number that also answers to the ports' names. */
export function portList<T>(ports: readonly { name: string }[], make: (port: number) => T): T[] {
  const list = ports.map((_, index) => make(index));
  ports.forEach(({ name }, index) => {
    if (!/^\d+$/.test(name)) Object.defineProperty(list, name, { value: list[index] });
  });
  return list;
}
