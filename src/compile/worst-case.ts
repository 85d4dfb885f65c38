/** The most that a method does with one packet: on the longest way through, loops with all their rounds. */
import type { DecisionProgram } from '../kit/classify/program.js';
import { sizeOf } from '../kit/classify/program.js';
import { proceduresOf, walk } from './graph-uses.js';
import type { Block, Procedure, Statement } from './ir.js';

export interface Work {
  /** Of the packet path's language, before the C compiler joins and leaves out. */
  readonly statements: number;
  /** Accesses to the packet's bytes. */
  readonly accesses: number;
  /** Look-ups in tables of state: each two buckets of eight slots at most. */
  readonly look_ups: number;
  /** Nodes of decision programs. */
  readonly decisions: number;
  /** Copies of the packet. */
  readonly copies: number;
}

const NONE: Work = { statements: 0, accesses: 0, look_ups: 0, decisions: 0, copies: 0 };
const KEYS = Object.keys(NONE) as (keyof Work)[];
const ACCESSES = new Set(['load', 'store', 'store-bytes', 'sum', 'copy-bytes', 'copy-constant', 'copy-state']);

/** The longest way of all these blocks. */
export function worstCase(blocks: readonly Block[]): Work {
  return blocks.map((block) => workOf(block, new Map())).reduce(larger, NONE);
}

/** Rounds of each loop in a block, at most, the procedures that it calls included. */
export function loopRounds(block: Block): number[] {
  const rounds: number[] = [];
  walk(block, (statement) => statement.op === 'loop' && rounds.push(statement.rounds));
  return rounds;
}

/** Procedures that these blocks call, by name. */
export function calledFrom(blocks: readonly Block[]): string[] {
  return [...new Set(blocks.flatMap((block) => proceduresOf(block).map(({ name }) => name)))];
}

function workOf(block: Block, known: Map<Procedure, Work>): Work {
  return block.map((statement) => ofStatement(statement, known)).reduce(sum, NONE);
}

function ofStatement(statement: Statement, known: Map<Procedure, Work>): Work {
  switch (statement.op) {
    case 'if':
      return sum({ ...NONE, statements: 1 }, larger(workOf(statement.then, known), workOf(statement.otherwise, known)));
    case 'block':
      return workOf(statement.body, known);
    case 'loop':
      return times(workOf(statement.body, known), statement.rounds);
    case 'invoke': {
      const { procedure } = statement;
      let work = known.get(procedure);
      if (work === undefined) known.set(procedure, (work = workOf(procedure.routine.body, known)));
      return sum({ ...NONE, statements: 1 }, work);
    }
    case 'classify':
      return { ...NONE, statements: 1, decisions: sizeOf(statement.program as DecisionProgram).depth };
    case 'state-call':
      return { ...NONE, statements: 1, look_ups: Number('key' in statement.call) };
    case 'emit-copy':
      return { ...NONE, statements: 1, copies: 1 };
    default:
      return { ...NONE, statements: 1, accesses: Number(ACCESSES.has(statement.op)) };
  }
}

const each = (make: (key: keyof Work) => number): Work => Object.fromEntries(KEYS.map((key) => [key, make(key)])) as unknown as Work;
const sum = (a: Work, b: Work): Work => each((key) => a[key] + b[key]);
const larger = (a: Work, b: Work): Work => each((key) => Math.max(a[key], b[key]));
const times = (work: Work, rounds: number): Work => each((key) => work[key] * rounds);
