/**
 * Which line of TypeScript a machine address belongs to, so that a panic can say where. Taken from the debug
 * information when the image is made, kept in its manifest in a compact form.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Rows in ascending order of their addresses, as columns: they compress to less than rows do. */
export interface LineTable {
  readonly files: readonly string[];
  /** Address of each row, as the difference to the row before. */
  readonly addresses: readonly number[];
  /** Which of the files each row is of; -1: none known. */
  readonly sources: readonly number[];
  readonly lines: readonly number[];
}

export const NO_LINES: LineTable = { files: [], addresses: [], sources: [], lines: [] };

/** The table of a linked file; empty when there is no objdump. */
export async function readLineTable(file: string): Promise<LineTable> {
  let text: string;
  try {
    ({ stdout: text } = await run('objdump', ['--dwarf=decodedline', '--wide', file], { maxBuffer: 1 << 28 }));
  } catch {
    return NO_LINES;
  }
  return parseDecodedLines(text);
}

interface Row {
  readonly address: number;
  readonly file: number;
  readonly line: number;
}

/** Reads the listing of `objdump --dwarf=decodedline`: a heading for each file, then `file line address ...`. */
export function parseDecodedLines(text: string): LineTable {
  const files: string[] = [];
  const rows: Row[] = [];
  let file = -1;
  const use = (name: string): void => {
    file = /\.ts$/.test(name) ? (files.includes(name) ? files.indexOf(name) : files.push(name) - 1) : -1;
  };
  for (const text_ of text.split('\n')) {
    const heading = /^(?:CU: )?(\S.*?)(?::|:\[\+\+\])$/.exec(text_);
    if (heading !== null) {
      use(heading[1]!.replace(/^\.\//, ''));
      continue;
    }
    const row = /^\S+\s+(\d+|-)\s+(0x[0-9a-f]+|0)\b/.exec(text_);
    if (row === null) continue;
    rows.push({ address: Number(row[2]), file: row[1] === '-' ? -1 : file, line: row[1] === '-' ? 0 : Number(row[1]) });
  }
  rows.sort((a, b) => a.address - b.address);
  return { files, ...compact(holding(rows)) };
}

/** Of rows at one address the last holds: those before it are of no instruction. What ends a sequence does not, where another begins. */
function holding(rows: readonly Row[]): Row[] {
  const held: Row[] = [];
  for (const row of rows) {
    if (held.at(-1)?.address !== row.address) held.push(row);
    else if (row.line > 0) held[held.length - 1] = row;
  }
  return held;
}

/** One row for each change of file or line. */
function compact(rows: readonly Row[]): Omit<LineTable, 'files'> {
  const [addresses, sources, lines]: [number[], number[], number[]] = [[], [], []];
  let [address, file, line] = [0, -1, 0];
  for (const row of rows) {
    if (row.file === file && (row.line === line || file < 0)) continue;
    addresses.push(row.address - address);
    sources.push(row.file);
    lines.push(row.line);
    ({ address, file, line } = row);
  }
  return { addresses, sources, lines };
}

/** `file:line` of an address; undefined where it is no TypeScript's. */
export function lineOf(table: LineTable, address: number): string | undefined {
  let [at, place] = [0, undefined as string | undefined];
  for (const [row, difference] of table.addresses.entries()) {
    at += difference;
    if (at > address) break;
    const file = table.sources[row]!;
    place = file < 0 ? undefined : `${table.files[file]}:${table.lines[row]}`;
  }
  return place;
}
