/** Two revisions of Wirelet, each built in a folder of its own, and measured in turns on the same graph. */
import path from 'node:path';
import { failure } from '../diagnostics.js';
import { builtRevision, program, revisionOf, type Revision } from './built-revision.js';
import { compareTurns, type Turn, TURNS_MIN } from './comparison.js';
import { coreToCore } from './core-to-core.js';
import { timeLeft } from './time-left.js';

export interface RevisionsOptions {
  readonly names: readonly [a: string, b: string];
  readonly graph: string;
  /** Options of `bench GRAPH` that both get: how to run, what to send. */
  readonly words: readonly string[];
  readonly turns: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Turns {
  readonly revisions: readonly [Revision, Revision];
  readonly turns: readonly Turn[];
  /** It was interrupted: turns are missing. */
  readonly partial?: true;
}

const RUN_TIMEOUT_MS = 120_000;
/** Runs at full speed of a turn: their median is its sample. */
const RUNS_OF_TURN = 3;
/** A machine that is too noisy for a verdict gets more turns, up to so many times what was asked for. */
const TURNS_MORE = 3;

/** Fails with WL4134 and, interrupted before the first turn, with WL4133. */
export async function measureRevisions({ names, graph, words, turns, signal, onProgress }: RevisionsOptions): Promise<Turns> {
  const revisions = [revisionOf(names[0]), revisionOf(names[1])] as const;
  const done: Turn[] = [];
  try {
    const trees = [await builtRevision(revisions[0], signal, onProgress), await builtRevision(revisions[1], signal, onProgress)] as const;
    let began = performance.now();
    for (let turn = 0, most = turns; turn < most; turn += 1) {
      onProgress(`turn ${turn + 1} of ${most}${turn === 0 ? ', which builds images, too' : timeLeft(began, turn - 1, most - 1)} ...`);
      // Which is first changes, so that neither always finds the host as the other left it.
      const samples = [NaN, NaN];
      const between = [await coreToCore()];
      for (const index of turn % 2 === 0 ? [0, 1] : [1, 0]) {
        samples[index] = await sample(trees[index as 0 | 1], graph, words, signal);
        between.push(await coreToCore());
      }
      done.push({ a: samples[0]!, b: samples[1]!, core_to_core_ns: between });
      // The first turn says little about the time of the others.
      if (turn === 0) began = performance.now();
      if (turn + 1 === turns && turns >= TURNS_MIN) {
        const { verdict, text } = compareTurns(done);
        if (verdict !== 'unclear') break;
        onProgress(`${text}: going on for more turns`);
        most = turns * TURNS_MORE;
      }
    }
    return { revisions, turns: done };
  } catch (error) {
    if (!signal.aborted) throw error;
    if (done.length === 0) throw failure('WL4133', 'the measurement was interrupted before its first result');
    return { revisions, turns: done, partial: true };
  }
}

async function sample(tree: string, graph: string, words: readonly string[], signal: AbortSignal): Promise<number> {
  const text = await program(process.execPath, [path.join(tree, 'src/cli/wirelet.mjs'), 'bench', graph, '--runs', String(RUNS_OF_TURN), '--json', ...words], { cwd: process.cwd(), timeout: RUN_TIMEOUT_MS, signal });
  const { ns_per_packet } = JSON.parse(text) as { ns_per_packet?: unknown };
  if (typeof ns_per_packet !== 'number') throw failure('WL4134', `the revision in ${tree} does not report ns_per_packet`);
  return ns_per_packet;
}
