/** What a graph's elements use, so that the unit carries nothing else: marks, annotations, time stamps, the log. */
import { ANNOTATIONS } from '../kit/packet.js';
import { marksOf } from './c-classify.js';
import type { Block, Mark, Procedure, Statement } from './ir.js';
import type { LoweredMethod } from './lower-method.js';
import type { InstanceRoutines } from './routines.js';

export const MARKS: readonly Mark[] = ['network', 'transport', 'mac'];

/** What the elements of a graph need of a packet, and what nobody asks for. */
export interface GraphUses {
  readonly marks: ReadonlySet<Mark>;
  readonly low: boolean;
  /** Aligned annotation words that some element reads, if all of them are known; else `annotations` is true. */
  readonly words: readonly number[];
  readonly annotations: boolean;
  readonly timestamps: boolean;
  readonly log: boolean;
}

/** What the methods of all instances use. */
export function usesOf(all: readonly InstanceRoutines[]): GraphUses {
  const marks = new Set<Mark>();
  const ops = new Set<string>();
  const seen = new Set<LoweredMethod>();
  for (const method of all.flatMap(methodsOf)) {
    if (seen.has(method)) continue;
    seen.add(method);
    walk(method.body, (statement) => {
      ops.add(statement.op);
      marksRead(statement, marks);
    });
  }
  return {
    marks,
    low: ops.has('unstrip') && ops.has('prepend'),
    ...annotationUses(all),
    timestamps: ops.has('timestamp-load'),
    log: ops.has('log'),
  };
}

/** As if some element read all that is known of a packet. */
export function wholeUses(all: readonly InstanceRoutines[]): GraphUses {
  return { marks: new Set(MARKS), low: true, words: [], annotations: true, timestamps: true, log: usesOf(all).log };
}

/** More annotation words than this would not fit into registers. */
const ANNOTATION_WORDS_MAX = 3;
/** The word whose last byte says whether the frame was sent to a group. */
export const PACKET_TYPE_WORD = ANNOTATIONS.packet_type.offset - 3;

function annotationUses(all: readonly InstanceRoutines[]): Pick<GraphUses, 'words' | 'annotations'> {
  const words = new Set<number>();
  let known = true;
  let read = false;
  for (const method of new Set(all.flatMap(methodsOf))) {
    walk(method.body, (statement) => {
      if (statement.op !== 'annotation-load' && statement.op !== 'annotation-store') return;
      const place = statement.offset.op === 'number' ? statement.offset.value : undefined;
      if (place === undefined || (statement.size === 4 && place % 4 !== 0)) known = false;
      else if (statement.op === 'annotation-load') words.add(place - (place % 4));
      read ||= statement.op === 'annotation-load';
    });
  }
  if (known && words.size <= ANNOTATION_WORDS_MAX) return { words: [...words].sort((a, b) => a - b), annotations: false };
  return { words: [], annotations: read };
}

/** Calls `visit` for each statement, inner ones and those of procedures included, each once. */
export function walk(block: Block, visit: (statement: Statement) => void, called = new Set<Procedure>()): void {
  for (const statement of block) {
    visit(statement);
    if (statement.op === 'if') {
      walk(statement.then, visit, called);
      walk(statement.otherwise, visit, called);
    } else if (statement.op === 'loop' || statement.op === 'block') {
      walk(statement.body, visit, called);
    } else if (statement.op === 'invoke' && !called.has(statement.procedure)) {
      called.add(statement.procedure);
      walk(statement.procedure.routine.body, visit, called);
    }
  }
}

/** The procedures that the statements call, and those that these call. */
export function proceduresOf(block: Block): Procedure[] {
  const found = new Set<Procedure>();
  walk(block, () => {}, found);
  return [...found];
}

/** Whether some statement is as `test` wants. */
export function contains(block: Block, test: (statement: Statement) => boolean): boolean {
  let found = false;
  walk(block, (statement) => (found ||= test(statement)));
  return found;
}

/** Adds the marks that a statement reads. */
function marksRead(statement: Statement, marks: Set<Mark>): void {
  if (statement.op === 'classify') for (const mark of marksOf(statement.program)) marks.add(mark);
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    const record = value as Record<string, unknown>;
    if (record['op'] === 'marked') marks.add(record['mark'] as Mark);
    if (typeof record['part'] === 'string' && MARKS.includes(record['part'] as Mark)) marks.add(record['part'] as Mark);
    for (const [key, member] of Object.entries(record)) if (!SKIPPED.has(key)) visit(member);
  };
  visit(statement);
}

/** Members that hold no expressions, or are walked by themselves. */
const SKIPPED = new Set(['at', 'array', 'program', 'procedure', 'then', 'otherwise', 'body', 'range', 'bytes', 'values']);

/** The methods of an instance that run for packets: timers and the start aside. */
export function packetMethodsOf({ process, pull, run }: InstanceRoutines): LoweredMethod[] {
  return [...process, ...pull, run].filter((method) => method !== undefined);
}

/** All methods of an instance. */
export function methodsOf(routines: InstanceRoutines): LoweredMethod[] {
  const { process, learn, pull, run, initialize, timers } = routines;
  return [...process, ...learn, ...pull, run, initialize, ...Object.values(timers)].filter((method) => method !== undefined);
}
