/**
 * How long a word takes from one core to another. Where a host moves its virtual processors between neighbouring and distant
 * cores, everything that goes between two cores takes one time or the other, and no number of samples makes a middle of both.
 */
import os from 'node:os';
import { Worker } from 'node:worker_threads';

/** Round trips of a chunk, chunks, and the part of them that is believed: above it lie those in which a thread was not running. */
const ROUNDS = 500, CHUNKS = 100, QUARTILE = 0.25;
/** A worker that does not answer for so long has no core of its own. */
const ROUND_TIMEOUT_MS = 100;
const INT32_BYTES = 4;
/** Words of their own cache lines, for they are written by different cores: what was sent, what came back, whether the worker runs. */
const SENT = 0, BACK = 64, RUNS = 128, WORDS = 192;

/** Answers each word with the same word. Plain JavaScript, for it has no file of its own. */
const ECHO = `
const { workerData } = require('node:worker_threads');
const words = new Int32Array(workerData.memory);
Atomics.store(words, ${RUNS}, 1);
for (let round = 1; round <= workerData.rounds; round += 1) {
  while (Atomics.load(words, ${SENT}) !== round) if (Atomics.load(words, ${RUNS}) === 0) process.exit();
  Atomics.store(words, ${BACK}, round);
}`;

/**
 * Nanoseconds from one core to the other, one way: the lower quartile of 100 times. Null where only one core may be used, or
 * where the machine is so busy that two threads do not run at the same time. Takes some 0.2 s.
 */
export async function coreToCore(): Promise<number | null> {
  if (os.availableParallelism() < 2) return null;
  const words = new Int32Array(new SharedArrayBuffer(WORDS * INT32_BYTES));
  const worker = new Worker(ECHO, { eval: true, workerData: { memory: words.buffer, rounds: ROUNDS * CHUNKS } });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once('online', resolve);
      worker.once('error', reject);
    });
    const times: number[] = [];
    for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
      const time = timeOfChunk(words, chunk * ROUNDS);
      if (time === null) return null;
      times.push(time);
    }
    times.sort((one, other) => one - other);
    return times[Math.floor(CHUNKS * QUARTILE)]!;
  } finally {
    Atomics.store(words, RUNS, 0);
    await worker.terminate();
  }
}

/** Nanoseconds one way; null when no answer comes. */
function timeOfChunk(words: Int32Array, before: number): number | null {
  const began = performance.now();
  for (let round = before + 1; round <= before + ROUNDS; round += 1) {
    Atomics.store(words, SENT, round);
    for (let looks = 1; Atomics.load(words, BACK) !== round; looks += 1) {
      // The clock is looked at seldom: a look takes longer than an answer.
      if (looks % 4096 === 0 && performance.now() - began > ROUND_TIMEOUT_MS) return null;
    }
  }
  return ((performance.now() - began) * 1e6) / ROUNDS / 2;
}
