import { diagnose, type Finding } from '../../run/doctor.js';
import { type Command } from '../command.js';

const MARKS = { ok: 'ok      ', fallback: 'fallback', missing: 'MISSING ' };

export const command: Command = {
  usage: '',
  summary: 'Says what this machine has, what falls back to what, and the command that mends each gap.',
  options: {},
  positionals: [0, 0],
  async run(call) {
    const findings = await diagnose();
    const ok = findings.every(({ state }) => state !== 'missing');
    const width = Math.max(...findings.map(({ name }) => name.length));
    const text = () => [...findings.map((finding) => line(finding, width)), '', ok ? 'Everything works that Wirelet needs.' : 'Something is missing: see above.'].join('\n');
    call.print(text, { ok, findings });
    return ok ? 0 : 3;
  },
};

function line({ name, state, found, without, fix }: Finding, width: number): string {
  const rest = ' '.repeat(width + 12);
  const more = state === 'ok' ? [] : [without === undefined ? undefined : `${rest}without it: ${without}`, fix === undefined ? undefined : `${rest}to mend it: ${fix}`];
  return [`${MARKS[state]}  ${name.padEnd(width)}  ${found}`, ...more.filter((part) => part !== undefined)].join('\n');
}
