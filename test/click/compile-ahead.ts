/**
 * A program: `compile-ahead.js alone|many FIRST STEP` compiles every STEP-th case for --engine native, from the FIRST on, of those that run alone or of
 * those that do not, into the cache where the command looks.
 * The command by itself would load the compiler for every case anew, which takes longer than the case. What cannot be compiled is left to the command.
 */
import process from 'node:process';
import { readDriverOptions } from '#src/cli/driver-options.js';
import { loadConfiguration } from '#src/run/click/load-configuration.js';
import { nativeMachine } from '#src/run/click/native-machine.js';
import { cases, enter, isAlone, lineOf, runs, type Case } from './cases.js';

const [kind, ...numbers] = process.argv.slice(2);
const [first, step] = numbers.map(Number) as [number, number];
const running = cases.filter((each) => runs(each.given) && isAlone(each) === (kind === 'alone')).filter((_, index) => index % step === first);
let compiled = 0;
for (const { given } of running) if (await compile(given)) compiled += 1;
console.log(`${compiled} of ${running.length}`);

async function compile(given: Case): Promise<boolean> {
  const { place, leave } = enter(given);
  try {
    process.chdir(place);
    const request = readDriverOptions(lineOf(given));
    const { checked } = await loadConfiguration(request, request.set);
    if (checked === undefined) return false;
    await nativeMachine(checked);
    return true;
  } catch {
    return false;
  } finally {
    process.chdir('/');
    leave();
  }
}
