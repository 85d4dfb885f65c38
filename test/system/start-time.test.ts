/** How long a command takes that only says something. Alone, since it looks at the clock (src/setup/test.mjs). */
import t from 'tap';
import { wirelet } from './command-line.js';

t.test('version and help come at once', async (t) => {
  for (const option of ['--version', '--help']) {
    const times = [];
    for (let run = 0; run < 5; run += 1) {
      const { status, stdout, milliseconds } = await wirelet([option]);
      t.equal(status, 0);
      t.ok(stdout.length > 0);
      times.push(milliseconds);
    }
    // The promise is 120 ms; machines under load get three times as much.
    t.ok(Math.min(...times) < 360, `${option} took ${Math.min(...times).toFixed(0)} ms at best`);
  }
});
