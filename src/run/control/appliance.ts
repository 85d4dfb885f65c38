/** A running appliance for those who control it: its handlers, whatever way it runs. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { ControlHost, HandlerFacts } from '../../kit/control.js';
import type { Handler } from '../click/handler.js';
import type { Machine } from '../click/machine.js';
import type { Router } from '../click/router.js';
import { Copies, ofElement } from './copies.js';

export interface ApplianceOptions {
  readonly graph: CheckedGraph;
  /** One for each processor, made when somebody asks first: most appliances of a site are never asked. */
  machines(): readonly Machine[];
  readonly seed: number;
  /** Handlers of the appliance as a whole, besides those of every router. */
  readonly handlers: readonly Handler[];
  /** What messages of handlers go to. */
  report(line: string): void;
  /** Somebody has written to the handler `stop`. Throws HandlerError where that is refused. */
  stop(): void;
  /** Does what reads state, or what changes it. */
  now<T>(action: () => T): T;
  atRest<T>(action: () => T): T;
}

export class Appliance {
  private made: Copies | undefined;

  constructor(private readonly options: ApplianceOptions) {}

  private get copies(): Copies {
    return (this.made ??= this.make());
  }

  private make(): Copies {
    const { graph, machines, seed, handlers, report, stop } = this.options;
    const copies = new Copies(graph, machines(), { seed, print: report, report, handlers });
    copies.whole.onWake(() => {
      if (copies.whole.runCount > 0) return;
      try {
        stop();
      } catch (error) {
        // It was refused: what comes next is no request to stop.
        copies.whole.runCount = 1;
        throw error;
      }
    });
    return copies;
  }

  /** Reads `ELEMENT.HANDLER PARAMETER`. Throws HandlerError. */
  read(call: string): string {
    return this.options.now(() => this.copies.read(call));
  }

  /** Writes `ELEMENT.HANDLER VALUE` between two rounds of the appliance. Throws HandlerError. */
  write(call: string): string {
    // What is not an element's, such as `stop`, is none of the appliance's state.
    return (ofElement(call) ? this.options.atRest : this.options.now)(() => this.copies.write(call));
  }

  private get router(): Router {
    return this.copies.whole;
  }

  facts(name: string): HandlerFacts | 'no element' | 'no handler' {
    return this.router.facts(name);
  }

  elements(): string[] {
    return this.router.elements.map(({ name }) => name);
  }

  /** This appliance as an element of the control side sees its router: what a control socket needs of it. */
  host(config: unknown, built: unknown): ControlHost {
    const nothing = () => undefined;
    return {
      name: 'control', className: 'ControlSocket', landmark: 'control:1', config, built,
      scope: {} as ControlHost['scope'], inputs: { length: 0 }, outputs: { length: 0 },
      microseconds: 0,
      read: (call) => this.read(call),
      write: (call) => this.write(call),
      writeTold: (call) => ({ answer: this.write(call), warnings: [] }),
      writeLater: nothing, standStill: nothing,
      find: nothing,
      handler: (name) => this.facts(name),
      elements: () => this.elements(),
      print: this.options.report, message: this.options.report, error: this.options.report,
      within: (_context, action) => action(),
      setTimer: nothing, adjustRunCount: nothing, becomeDriver: () => false, random: () => 0, onSignal: nothing,
      verdict: () => {
        throw new Error('no packet comes here');
      },
      emit: nothing, openCapture: () => ({ frames: [] }), readFile: () => Buffer.alloc(0), fileSize: nothing, note: nothing, pulled: () => false, pull: () => null, wake: nothing, onMessage: nothing,
      openTap: () => {
        throw new Error('no packet comes here');
      },
      openRaw: () => {
        throw new Error('no packet comes here');
      },
    };
  }
}
