/** What `npm run bench` is told: its words, or what is wrong with them. */
import { parseArgs } from 'node:util';

/** Of one figure; a run of more would take days. */
const SAMPLES_MAX = 1000;

const USAGE = `usage: npm run bench -- [--only NAME,...] [--samples N] [--no-vm] [--no-peers] [--click PROGRAM] [--json] [--write]
       npm run bench -- --scale NAME,... [--samples N] [--write]`;

const OPTIONS = {
  only: { type: 'string' }, samples: { type: 'string', default: '7' }, click: { type: 'string' }, scale: { type: 'string' }, json: { type: 'boolean', default: false },
  vm: { type: 'boolean', default: true }, peers: { type: 'boolean', default: true }, write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
} as const;

export type Options = Omit<ReturnType<typeof parsed>, 'samples'> & { readonly samples: number };

const parsed = (words: string[]) => parseArgs({ args: words, options: OPTIONS, allowNegative: true }).values;

/** Ends the process with the usage where the words are not right, or where it is asked for. */
export function options(words: string[]): Options {
  try {
    const values = parsed(words);
    const samples = Number(values.samples);
    if (values.help) return end(0, USAGE);
    if (!Number.isInteger(samples) || samples < 1 || samples > SAMPLES_MAX) return end(2, `--samples ${values.samples}: expected a number from 1 to ${SAMPLES_MAX}.\n${USAGE}`);
    return { ...values, samples };
  } catch (error) {
    return end(2, `${(error as Error).message}\n${USAGE}`);
  }
}

function end(status: number, text: string): never {
  (status === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(status);
}
