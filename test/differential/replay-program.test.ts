/** What sanitizers find in compiled graphs ends their run, and is told with its place. */
import t from 'tap';
import { COMPILERS, ReplayProgram } from './replay-program.js';

/** Units with a mistake where the seed is 1. */
const SHIFTS = '#include <stdint.h>\nstatic int wl_replay(uint32_t seed, uint64_t start) {\n  (void)start;\n  volatile int bits = seed == 1 ? 40 : 4;\n  return (1 << bits) & 0;\n}';
const READS = '#include <stdint.h>\nstatic int wl_replay(uint32_t seed, uint64_t start) {\n  (void)start;\n  static char four[4];\n  volatile char *at = four;\n  return at[seed == 1 ? 4 : 0];\n}';

t.test('a mistake ends a run, and is told with its line', async (t) => {
  const [sanitizers] = COMPILERS;
  const program = new ReplayProgram([SHIFTS, READS]);
  t.teardown(() => program.dispose());
  const run = (number: number, seed: number) => ({ number, seed, start: 0n, input: new Uint8Array() });
  const [well, shifts, reads, alsoWell] = await program.runAll(sanitizers!, [run(0, 0), run(0, 1), run(1, 1), run(1, 0)]);
  t.equal(well!().length + alsoWell!().length, 0, 'runs before and after it end well');
  t.throws(shifts!, /units\.c:5:\d+: runtime error: shift exponent 40/);
  t.throws(reads!, /AddressSanitizer: global-buffer-overflow[\s\S]*units\.c:12\b/);
  t.throws(() => program.run(sanitizers!, run(0, 1)), /runtime error: shift exponent 40/);
});
