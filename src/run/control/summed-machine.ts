/** An appliance on several processors as handlers see it that read counters alone: each counter is the sum over the copies. */
import { HandlerError } from '../../kit/element.js';
import type { Machine, MachineContext } from '../click/machine.js';
import { SelfDriven } from './self-driven.js';

/** Thrown where a handler reads what the copies do not share: it is then asked for each of them. */
export class ReadsState extends Error {}

/** Whatever is read of it, each copy has its own. */
const EACH_ITS_OWN: any = new Proxy({}, {
  get() {
    throw new ReadsState();
  },
  has() {
    throw new ReadsState();
  },
  ownKeys() {
    throw new ReadsState();
  },
});

export class SummedMachine extends SelfDriven implements Machine {
  constructor(private readonly copies: readonly Machine[]) {
    super();
  }

  private get first(): Machine {
    return this.copies[0]!;
  }

  get microseconds(): number {
    return this.first.microseconds;
  }

  context(instance: number): MachineContext {
    const { first } = this;
    return {
      get config() {
        return first.context(instance).config;
      },
      get built() {
        return first.context(instance).built;
      },
      state: EACH_ITS_OWN,
      timers: EACH_ITS_OWN,
    };
  }

  countsOf(instance: number) {
    const { counters, drops } = this.first.countsOf(instance);
    const sums = (which: 'counters' | 'drops', names: readonly string[]) => {
      const all: Record<string, number> = {};
      for (const name of names) {
        Object.defineProperty(all, name, { enumerable: true, get: () => this.copies.reduce((sum, copy) => sum + (copy.countsOf(instance)[which][name] ?? 0), 0) });
      }
      return all;
    };
    return { counters: sums('counters', Object.keys(counters)), drops: sums('drops', Object.keys(drops)) };
  }

  packetsOf(instance: number): number {
    return this.copies.reduce((sum, copy) => sum + copy.packetsOf(instance), 0);
  }

  reconfigure(): void {
    throw new HandlerError('each copy is written to by itself');
  }
}
