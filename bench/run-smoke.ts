/** `npm run bench:smoke`: the ratios of smoke.ts, and whether they are right. Exit status 1: one is not. */
import { textTable } from '#src/cli/text-table.js';
import { isRight, measureRatios } from './smoke.js';

const ratios = await measureRatios((text) => process.stderr.write(`${text}\n`));
console.log(textTable(
  [{ title: 'ratio' }, { title: 'measured', align: 'right' }, { title: 'at most', align: 'right' }, { title: '' }],
  ratios.map((each) => [each.what, each.ratio.toFixed(2), each.bound.toFixed(2), isRight(each) ? 'right' : 'WRONG']),
));
process.exitCode = ratios.every(isRight) ? 0 : 1;
