/**
 * Cases of HTTP/1.1, in files of one subject each. A case is a sentence, what a client sends, and what has to come back:
 *
 *     === A request without Host is refused (RFC 9112, 3.2).
 *     GET / HTTP/1.1
 *
 *     ---
 *     400
 *     Connection: close
 *     end
 *
 * Lines that are sent end by CR and LF; a backslash at the end of a line joins it with the next, `\r`, `\n`, `\t` and `\x00` are bytes,
 * `{a*5000}` is a letter so many times. Of what comes back a status begins a response; then `Name: value` is a header that it has,
 * `Name: /pattern/` one that matches, `!Name` one that it has not, `body FILE 3-9` the bytes of a file of the site, `body FILE` all of
 * it, `body /pattern/` what matches, `no body` that none follows in spite of Content-Length. At the end `end` says that the connection is closed,
 * otherwise it stays open. `{tag}`, `{gzip}` and `{brotli}` are the entity tags of style.css, `{size}` its length.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { packageRoot } from '#src/package-root.js';

const FOLDER = path.join(packageRoot, 'test/http/cases');
export const SITE = path.join(packageRoot, 'configs/sites/example');
/** The date of all files, in seconds since 1970. */
export const EPOCH = '1764547200';

interface Expected {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | undefined;
}

export interface Case {
  readonly file: string;
  readonly sentence: string;
  readonly sent: Buffer;
  readonly expected: readonly Expected[];
  readonly ends: boolean;
}

/** What came back, and whether the connection was closed then. */
export interface Outcome {
  readonly bytes: Buffer;
  readonly closed: boolean;
}

export type Words = Readonly<Record<string, string>>;

function bytesOf(text: string, words: Words): Buffer {
  const filled = text.replace(/\{(\w+)\}/g, (all, name: string) => words[name] ?? all).replace(/\{(.)\*(\d+)\}/g, (_, letter: string, count: string) => letter.repeat(Number(count)));
  return Buffer.from(filled.replace(/\\(r|n|t|x[0-9a-f]{2})/g, (_, what: string) => (what.startsWith('x') ? String.fromCharCode(parseInt(what.slice(1), 16)) : { r: '\r', n: '\n', t: '\t' }[what]!)), 'latin1');
}

function readExpected(lines: readonly string[], words: Words): { expected: Expected[]; ends: boolean } {
  const expected: { status: number; headers: string[]; body: string | undefined }[] = [];
  let ends = false;
  for (const line of lines.map((text) => text.replace(/\{(\w+)\}/g, (all, name: string) => words[name] ?? all))) {
    const last = expected.at(-1);
    if (/^\d{3}$/.test(line)) expected.push({ status: Number(line), headers: [], body: undefined });
    else if (line === 'end') ends = true;
    else if (/^(no )?body\b/.test(line)) last!.body = line;
    else last!.headers.push(line);
  }
  return { expected, ends };
}

export function readCases(words: Words): Case[] {
  return readdirSync(FOLDER).sort().flatMap((file) =>
    readFileSync(path.join(FOLDER, file), 'utf8').split(/^=== /m).slice(1).map((text) => {
      const [sentence, ...lines] = text.trimEnd().split('\n');
      const middle = lines.indexOf('---');
      if (middle < 0) throw new Error(`${file}: "${sentence}" has no line ---`);
      const request = lines.slice(0, middle).map((line) => (line.endsWith('\\') ? line.slice(0, -1) : `${line}\\r\\n`)).join('');
      return { file, sentence: sentence!, sent: bytesOf(request, words), ...readExpected(lines.slice(middle + 1), words) };
    }),
  );
}

/** The words of the files of cases, by what the server says of style.css: `head(coding)` has the head for an Accept-Encoding. */
export async function wordsOf(head: (coding: string) => Promise<string>): Promise<Words> {
  const tag = async (coding: string) => /^ETag: (.*?)\r$/m.exec(await head(coding))?.[1] ?? '';
  return { tag: await tag('identity'), gzip: await tag('gzip'), brotli: await tag('br'), size: String(readFileSync(path.join(SITE, 'style.css')).length) };
}

function decoded(body: Buffer, coding: string | undefined): Buffer {
  return coding === 'gzip' ? gunzipSync(body) : coding === 'br' ? brotliDecompressSync(body) : body;
}

function wrongBody(wanted: string, body: Buffer, coding: string | undefined): boolean {
  const pattern = /^body \/(.*)\/$/.exec(wanted)?.[1];
  if (pattern !== undefined) return !new RegExp(pattern).test(body.toString('latin1'));
  const [, name, first, last] = /^body (\S+)(?: (\d+)-(\d+))?$/.exec(wanted)!;
  const whole = readFileSync(path.join(SITE, name!));
  return !(first === undefined ? decoded(body, coding) : body).equals(first === undefined ? whole : whole.subarray(Number(first), Number(last) + 1));
}

function wrongHeader(line: string, headers: ReadonlyMap<string, string>): boolean {
  if (line.startsWith('!')) return headers.has(line.slice(1).toLowerCase());
  const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()];
  const found = headers.get(name);
  const pattern = /^\/(.*)\/$/.exec(value)?.[1];
  return found === undefined || (pattern === undefined ? found !== value : !new RegExp(pattern).test(found));
}

/** What is wrong with what came back; undefined: nothing. */
export function wrong({ expected, ends }: Case, { bytes, closed }: Outcome): string | undefined {
  let rest = bytes;
  for (const [index, { status, headers: wanted, body }] of expected.entries()) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return `there is no response ${index + 1}, only ${JSON.stringify(rest.toString('latin1').slice(0, 200))}`;
    const head = rest.toString('latin1', 0, end);
    const [first, ...lines] = head.split('\r\n');
    if (!new RegExp(`^HTTP/1\\.1 ${status} [A-Z][\\w -]*$`).test(first!)) return `expected ${status}, got ${first}`;
    const headers = new Map<string, string>();
    for (const line of lines) {
      const [, name, value] = /^([\w-]+): (\S|\S.*\S)$/.exec(line) ?? [];
      if (name === undefined || headers.has(name.toLowerCase())) return `malformed or twice: ${line}`;
      headers.set(name.toLowerCase(), value!);
    }
    if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT$/.test(headers.get('date') ?? '')) return `no date: ${head}`;
    const bad = wanted.find((line) => wrongHeader(line, headers));
    if (bad !== undefined) return `expected ${bad} in\n${head}`;
    if (status !== 304 && !headers.has('content-length')) return `no length: ${head}`;
    const length = status === 304 || body === 'no body' ? 0 : Number(headers.get('content-length'));
    const content = rest.subarray(end + 4, end + 4 + length);
    if (content.length !== length) return `${content.length} of ${length} bytes came`;
    if (body !== undefined && body !== 'no body' && wrongBody(body, content, headers.get('content-encoding'))) return `expected ${body}, got ${JSON.stringify(content.toString('latin1').slice(0, 200))}`;
    rest = rest.subarray(end + 4 + length);
  }
  if (rest.length > 0) return `more came: ${JSON.stringify(rest.toString('latin1').slice(0, 200))}`;
  return closed === ends ? undefined : closed ? 'the connection was closed' : 'the connection was not closed';
}
