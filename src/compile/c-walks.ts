/** The walks of a unit that packets of a batch make together (c-walk-ahead.ts). */
import type { DecisionProgram, Variable } from '../kit/classify/program.js';
import { walksOf } from './c-classify.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { declareWalk, initializeWalk, isWorthwhile, type WalkArrays } from './c-walk-ahead.js';
import { TableWalk } from './c-walk.js';

export class Walks implements WalkArrays {
  /** Names by program and the node where a walk begins. */
  private readonly names = new Map<object, Map<number, string>>();
  private readonly all: string[] = [];

  /** `reads`: bytes behind where a packet and its marks may be that code may look at before anything was checked; `bytes`: of tables, from which on walks are made ahead. */
  constructor(
    private readonly arrays: ArrayNames,
    private readonly reads: number,
    private readonly bytes: number,
  ) {}

  walkOf(program: object, index: number): string | undefined {
    return this.names.get(program)?.get(index);
  }

  get any(): boolean {
    return this.all.length > 0;
  }

  /** The walks of a program that are worth being made together. */
  in(program: object): TableWalk[] {
    const { tables, roots } = walksOf(program);
    const { variables } = program as DecisionProgram;
    const isNear = (variable: Variable) => variable.kind === 'length' || variable.field.offset + variable.field.size <= this.reads;
    if (tables === undefined || !variables.every(isNear)) return [];
    const known = {};
    return roots.map((index) => new TableWalk(program as DecisionProgram, tables, this.arrays, index, known)).filter((walk) => isWorthwhile(walk, this.bytes));
  }

  /** The names of these walks, which are declared if they are not yet. */
  declare(program: object, head: Lines, body: Lines): string[] {
    const names = this.names.get(program) ?? new Map<number, string>();
    this.names.set(program, names);
    for (const walk of this.in(program)) {
      if (names.has(walk.index)) continue;
      const name = `walk${this.all.length}`;
      names.set(walk.index, name);
      this.all.push(name);
      declareWalk(head, body, walk, name);
    }
    return [...names.values()];
  }

  /** C before the first batch. */
  initialize(lines: Lines): void {
    for (const name of this.all) initializeWalk(lines, name);
  }
}
