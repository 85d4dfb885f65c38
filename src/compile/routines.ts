/** The lowered methods of every instance. Instances of equal shape share them. */
import { isDeepStrictEqual } from 'node:util';
import type { Diagnostics } from '../diagnostics.js';
import type { CheckedGraph, Instance } from '../graph/graph.js';
import { CallWeights, type CallLimits } from './call-weights.js';
import { ElementSource, METHODS } from './element-source.js';
import type { InstanceShape } from './context.js';
import type { KitSource } from './kit-source.js';
import { bindMaker, lowerMethod, type LoweredMethod, type MethodTask } from './lower-method.js';
import type { ModuleLibrary } from './module-source.js';
import { Procedures } from './procedures.js';

export interface InstanceRoutines {
  /** `process` for each input; inputs whose number does not matter share one. */
  readonly process: readonly LoweredMethod[];
  /** `learn` for each input. */
  readonly learn: readonly LoweredMethod[];
  /** `pull` for each output. */
  readonly pull: readonly LoweredMethod[];
  readonly run?: LoweredMethod;
  readonly initialize?: LoweredMethod;
  readonly timers: Readonly<Record<string, LoweredMethod>>;
  /** Whether they come to so much that their size matters more than their time: see CallWeights. */
  readonly large: boolean;
}

export class RoutineMaker {
  private readonly sources = new Map<string, ElementSource | undefined>();
  /** Instances of equal shape are the same to all but those who ask their names or what names mean where they stand. */
  private readonly cache = new Map<string, { readonly instance: Instance; readonly routines: InstanceRoutines }[]>();
  private readonly weights = new Map<ElementSource, CallWeights>();

  constructor(
    private readonly library: ModuleLibrary,
    private readonly kit: KitSource,
    private readonly diagnostics: Diagnostics,
    private readonly limits: CallLimits,
  ) {}

  /** Routines of all instances, in graph order. */
  all(graph: CheckedGraph): InstanceRoutines[] {
    return graph.instances.map((instance) => this.of(instance, graph));
  }

  private of(instance: Instance, graph: CheckedGraph): InstanceRoutines {
    const key = shapeKey(instance);
    const alike = this.cache.get(key) ?? [];
    const known = alike.find((other) => isDeepStrictEqual([other.instance.config, other.instance.built], [instance.config, instance.built]));
    if (known !== undefined) return known.routines;
    const routines = this.lower(instance, graph);
    this.cache.set(key, [...alike, { instance, routines }]);
    return routines;
  }

  private lower(instance: Instance, graph: CheckedGraph): InstanceRoutines {
    const { definition } = instance.class;
    if (definition.device !== undefined) return { process: [], learn: [], pull: [], timers: {}, large: false };
    const source = this.sourceOf(instance);
    if (source === undefined) return { process: [], learn: [], pull: [], timers: {}, large: false };
    const shape = shapeOf(instance, graph);
    const procedures = new Procedures(this.weightsOf(source, Object.keys(definition.timers ?? {})));
    const make = (method: ReturnType<ElementSource['method']>, kind: MethodTask['kind'], port = 0) =>
      method && lowerMethod({ method, kind, shape, port, where: instance.span }, this.library, this.kit, this.diagnostics, procedures);
    const pulled = instance.outputs[0]?.processing === 'pull';
    const timers: Record<string, LoweredMethod> = {};
    for (const name of Object.keys(definition.timers ?? {})) {
      const routine = make(source.timer(name), 'void');
      if (routine !== undefined) timers[name] = routine;
      else if (source.timer(name) === undefined) source.missing(`timers.${name}`, this.diagnostics);
    }
    for (const name of METHODS) {
      if (definition[name] !== undefined && source.method(name) === undefined) source.missing(name, this.diagnostics);
    }
    return {
      process: perPort(instance.inputs.length, (port) => make(source.method('process'), 'process', port)),
      learn: perPort(instance.inputs.length, (port) => make(source.method('learn'), 'learn', port)),
      pull: instance.outputs.some(({ processing }) => processing === 'pull') ? perPort(instance.outputs.length, (port) => make(source.method('pull'), 'pull', port)) : [],
      run: pulled ? undefined : make(source.method('run'), 'run'),
      initialize: make(source.method('initialize'), 'void'),
      timers,
      large: procedures.compact,
    };
  }

  private weightsOf(source: ElementSource, timers: readonly string[]): CallWeights {
    let weights = this.weights.get(source);
    if (weights === undefined) {
      const methods = [source.method('process'), source.method('learn'), source.method('pull'), source.method('run'), source.method('initialize'), ...timers.map((name) => source.timer(name))];
      this.weights.set(source, (weights = new CallWeights(methods.filter((method) => method !== undefined), this.limits)));
    }
    return weights;
  }

  private sourceOf(instance: Instance): ElementSource | undefined {
    const { classFile } = instance;
    if (!this.sources.has(classFile)) {
      const { library, kit, diagnostics } = this;
      const source = ElementSource.read(classFile, library, diagnostics, (scope, definition) =>
        bindMaker(scope, definition, library, kit, diagnostics, instance.span),
      );
      this.sources.set(classFile, source);
    }
    return this.sources.get(classFile);
  }
}

/** One routine for each port, made once when it does not depend on the port. */
function perPort(count: number, make: (port: number) => LoweredMethod | undefined): LoweredMethod[] {
  const first = count > 0 ? make(0) : undefined;
  if (first === undefined) return [];
  return Array.from({ length: count }, (_, port) => (port === 0 || !first.usesPort ? first : make(port)!));
}

function shapeOf(instance: Instance, graph: CheckedGraph): InstanceShape {
  const { class: type } = instance;
  return {
    config: instance.config,
    built: instance.built,
    state: instance.state,
    counters: Object.keys(type.counters),
    drops: Object.keys(type.drops),
    timers: Object.keys(type.definition.timers ?? {}),
    inputs: instance.inputs.map(({ name }) => name),
    outputs: instance.outputs.map(({ name }) => name),
    peers: (instance.peers ?? []).map((index) => ({ index, state: graph.instances[index]!.state })),
  };
}

/** Equal for instances that come to the same code, if their values of arguments and `built` are; state follows from those. */
function shapeKey(instance: Instance): string {
  const ports = [...instance.inputs, ...instance.outputs].map(({ name, processing }) => `${name} ${processing}`);
  return JSON.stringify([instance.classFile, instance.configText, instance.inputs.length, ports, instance.peers]);
}
