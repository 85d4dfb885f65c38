/** docs/scaling.md and its plots: how cost grows, of the last record of each growth in bench/scaling.ndjson. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { conditionsText } from '#src/measure/conditions.js';
import { appendRecord } from '#src/measure/record.js';
import { GROWTHS } from '#src/measure/scale/growth.js';
import { measureScale, type ScaleRecord, type ScaleResult } from '#src/measure/scale/measure.js';
import { scalePlots, scaleRows } from '#src/measure/scale/report.js';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';

const HISTORY = path.join(packageRoot, 'bench/scaling.ndjson');
const PAGE = 'docs/scaling.md', PLOTS = 'docs/scaling';

const INTRODUCTION = `# How cost grows

Made by \`npm run bench -- --scale NAME,... --write\` from its history (\`bench/scaling.ndjson\`); \`npx wirelet bench scale\` shows the
same for your machine. Packets are in memory, on one core, in batches of 32, each copied into a fresh buffer; "hot" are 256 frames that go
round, "cold" a million frames over all rules, routes or flows. Builds run from the start of the program with nothing in the cache. Points
are medians; the least and the most of the samples stand beside.
`;

/** All records that were kept, the oldest first. */
export function scalingHistory(): ScaleRecord[] {
  if (!existsSync(HISTORY)) return [];
  return readFileSync(HISTORY, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as ScaleRecord);
}

/** The page and its plots, by their path in the repository. */
export function scalingPages(records: readonly ScaleRecord[] = scalingHistory()): Map<string, string> {
  const pages = new Map<string, string>();
  const parts = GROWTHS.map(({ name, title, unit, sizes }) => {
    const record = records.findLast(({ results, partial }) => partial !== true && results.some((result) => result.name === name));
    if (record === undefined) return `## ${title}\n\n**Not measured yet**, from ${sizes[0]} to ${sizes.at(-1)} ${unit}: \`npm run bench -- --scale ${name} --write\`.\n`;
    const result: ScaleResult = record.results.find((each) => each.name === name)!;
    const alone = { ...record, results: [result] };
    const plots = [...scalePlots(alone)];
    for (const [file, svg] of plots) pages.set(`${PLOTS}/${file}`, `${svg}\n`);
    const number = (cell: string | number) => (typeof cell === 'number' ? (Math.abs(cell) >= 1000 ? Math.round(cell).toLocaleString('en-US') : String(Number(cell.toPrecision(4)))) : cell);
    const rows = scaleRows(alone).map(([, ...cells]) => `| ${cells.map(number).join(' | ')} |`);
    return [
      `## ${title}\n`,
      `\`npm run bench -- --scale ${name}\`. Measured on ${conditionsText(record.conditions)}, ${record.conditions.date.slice(0, 10)}.\n`,
      ...plots.map(([file]) => `![${title}, ${file.replace('.svg', '').replace(/-/g, ' ')}](scaling/${file})\n`),
      ['| ' + [unit, 'line', 'median', 'least', 'most', 'unit'].join(' | ') + ' |', `|${' --- |'.repeat(6)}`, ...rows].join('\n') + '\n',
    ].join('\n');
  });
  pages.set(PAGE, [INTRODUCTION, ...parts].join('\n'));
  return pages;
}

/** Measures growths by name up to their greatest size; with `write` they are kept, and the page is made anew. */
export async function measureScaling(names: readonly string[], runs: number, write: boolean, say: (text: string) => void): Promise<ScaleRecord> {
  const record = await measureScale({
    growths: GROWTHS.filter(({ name }) => names.includes(name)), runs, most: Infinity, vmm: probeKvm().usable ? 'kvm' : 'process',
    signal: new AbortController().signal, onProgress: say,
  });
  if (write) {
    appendRecord(HISTORY, record);
    writePages();
  }
  return record;
}

function writePages(): void {
  mkdirSync(path.join(packageRoot, PLOTS), { recursive: true });
  for (const [file, text] of scalingPages()) writeFileSync(path.join(packageRoot, file), text);
}
