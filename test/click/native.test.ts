/**
 * The cases that run something, once more with --engine native: the C made of the elements, beside those of the control side, prints the same lines and
 * answers handlers with the same values.
 */
import t from 'tap';
import { toolchain } from '#src/image/toolchain.js';
import { CASE_MS, cases, hold } from './cases.js';

const compiler = await toolchain().catch(() => undefined);
const running = cases.filter(({ given }) => {
  const { command = 'click', args = [], exit = 0 } = given;
  return command === 'click' && exit === 0 && !args.includes('-q') && (given.config !== undefined || args.includes('-e'));
});

t.jobs = 2;
t.setTimeout(CASE_MS * 30);
if (compiler === undefined) t.pass('skipped', { skip: 'there is no C compiler' });
else {
  for (const each of running) {
    t.test(`${each.name.replace(/\.yaml$/, '')} in C: ${each.given.shows}`, { timeout: CASE_MS * 2, buffered: true }, (t) => hold(t, each, 'native', ['--engine', 'native']));
  }
}
