/**
 * Cases for `wirelet click`, one file each: a configuration, a command line, what is expected on standard output and
 * error, and the exit status. Written from what Click documents. WIRELET_CASE=NAME runs those whose name has NAME in it.
 */
import t from 'tap';
import { CASE_MS, cases, KEYS } from './cases.js';
import { hold } from './hold-case.js';

t.test('cases are written as cases are', (t) => {
  for (const { name, given } of cases) {
    t.equal(typeof given.shows, 'string', `${name} says what it shows`);
    t.same(Object.keys(given).filter((key) => !KEYS.has(key)), [], `${name} has no other keys`);
  }
  t.end();
});

// Few cases take the processor for long; most wait for their own timers.
t.jobs = 3;
t.setTimeout(CASE_MS * 20);
for (const each of cases) {
  t.test(`${each.name.replace(/\.yaml$/, '')}: ${each.given.shows}`, { timeout: CASE_MS * 2, buffered: true }, (t) => hold(t, each, 'driver'));
}
