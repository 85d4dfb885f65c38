/** Examples of classes, run in Node and as C: the graphs of many classes are one program. */
import type { ElementClass } from '#src/kit/index.js';
import { EXAMPLE_START_NS, runExamples, type ExampleRun } from '#src/run/examples.js';
import { CompiledGraph, COMPILERS, type Outcome, type ToCompile } from '../differential/replay.js';

/** Graphs of one program: with more, the compiler works while nothing can be looked at. */
const GRAPHS = 16;
/** Sanitizers find what optimisers hide. */
const COMPILER = COMPILERS[0]!;

export interface CompiledExample extends ExampleRun {
  /** What it does as C; throws what a sanitizer says. */
  asC(): Outcome;
}

type Examples = ReadonlyMap<ElementClass, readonly CompiledExample[]>;

export class CompiledExamples {
  /** Neighbours, whose examples are compiled together once the first of them is asked for. */
  private readonly groups: ElementClass[][] = [];
  private readonly made = new Map<ElementClass[], Promise<Examples>>();

  constructor(classes: readonly ElementClass[]) {
    let examples = GRAPHS;
    for (const type of classes) {
      if (examples >= GRAPHS) {
        this.groups.push([]);
        examples = 0;
      }
      this.groups.at(-1)!.push(type);
      examples += type.examples.length;
    }
  }

  /** Those of a class. Meanwhile those of the next group are compiled. */
  async of(type: ElementClass): Promise<readonly CompiledExample[]> {
    const index = this.groups.findIndex((group) => group.includes(type));
    const made = this.make(index);
    // Whoever asks for it is told what went wrong.
    made.then(() => this.make(index + 1)).catch(() => undefined);
    return (await made).get(type) ?? [];
  }

  private make(index: number): Promise<Examples> {
    const group = this.groups[index] ?? [];
    const made = this.made.get(group) ?? compiledTogether(group);
    this.made.set(group, made);
    return made;
  }
}

/** Half of all graphs: the same ones, however many are compiled. */
const halfOf = (sha256: string) => Number.parseInt(sha256.slice(0, 2), 16) % 2 === 1;

async function compiledTogether(classes: readonly ElementClass[]): Promise<Examples> {
  const runs = new Map<ElementClass, ExampleRun[]>();
  // Examples with the same graph share its code.
  const graphs = new Map<string, ToCompile>();
  for (const type of classes) {
    runs.set(type, await runExamples(type));
    for (const { graph } of runs.get(type)!) if (!graphs.has(graph.sha256)) graphs.set(graph.sha256, { graph, called: halfOf(graph.sha256) });
  }
  if (graphs.size === 0) return new Map();
  const compiled = await CompiledGraph.together([...graphs.values()]);
  try {
    const numbers = [...graphs.keys()];
    const all = [...runs.values()].flat().map(({ graph, steps }) => ({ compiled: compiled[numbers.indexOf(graph.sha256)]!, input: steps }));
    const outcomes = await CompiledGraph.runAll(COMPILER, all, EXAMPLE_START_NS);
    return new Map([...runs].map(([type, list]) => [type, list.map((run) => ({ ...run, asC: outcomes.shift()! }))]));
  } finally {
    compiled[0]!.dispose();
  }
}
