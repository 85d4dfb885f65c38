/**
 * A folder of files as tables that a web server answers from: a tree of paths, headers that are the same for every answer, and
 * the contents, plain and compressed. Runs when the graph is built.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FolderFile } from '../build-context.js';
import { compareDate } from './compare-date.js';
import { mediaType } from './media-types.js';
import { pathTree, type PathTree } from './path-tree.js';

/** Codings of a content, in the order of its variants. */
export const CODING = Object.freeze({ identity: 0, gzip: 1, brotli: 2 });
const CODING_NAMES = ['', 'gzip', 'br'] as const;
const SUFFIXES = ['', '-g', '-b'] as const;
export const VARIANTS = 3;

/** Statuses by number in tables. */
export const STATUS_CODES = [200, 206, 301, 304, 400, 404, 405, 408, 414, 416, 431, 501, 505, 412] as const;
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK', 206: 'Partial Content', 301: 'Moved Permanently', 304: 'Not Modified', 400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 408: 'Request Timeout', 414: 'URI Too Long',
  412: 'Precondition Failed', 416: 'Range Not Satisfiable', 431: 'Request Header Fields Too Large', 501: 'Not Implemented', 505: 'HTTP Version Not Supported',
};
/** Headers of a variant at most, so that all of a head fits. */
const BLOCK_BYTES_MAX = 190;

export interface SiteTables extends PathTree {
  /** Bodies and headers. */
  readonly bytes: Uint8Array;
  /** For each resource: 0 a file, 1 a redirection. */
  readonly kinds: Uint8Array;
  /** For each variant of each resource: where its body lies, how long it is, -1: there is none; and its headers. */
  readonly body_start: Uint32Array;
  readonly body_length: Int32Array;
  readonly block_start: Uint32Array;
  readonly block_length: Uint16Array;
  /** The entity tag's digits, and the time of the last change as `compareDate` has it, by resource. */
  readonly tags: Float64Array;
  readonly changed: Float64Array;
  /** Status lines up to the date. */
  readonly line_start: Uint32Array;
  readonly line_length: Uint16Array;
  /** The resource for a status of STATUS_CODES; for 200 to 304 meaningless. */
  readonly pages: Uint32Array;
  readonly texts: Readonly<Record<keyof typeof TEXTS, { readonly at: number; readonly length: number }>>;
}

/** Pieces of heads, by name; `texts` has where they lie. */
export const TEXTS = { date_end: '\r\n', length: 'Content-Length: ', range: 'Content-Range: bytes ', close: 'Connection: close\r\n', keep_alive: 'Connection: keep-alive\r\n' } as const;

interface Resource {
  readonly kind: number;
  readonly bodies: readonly (Uint8Array | undefined)[];
  readonly blocks: readonly string[];
  readonly tag: number;
  readonly changed: number;
}

/** Above every date that `compareDate` makes: a request by date gets the file. */
export const NEVER_UNCHANGED = 2 ** 50;

const compressible = /^(text\/|application\/(javascript|json|xml|manifest|rss|atom|xhtml|wasm)|image\/svg)/;

function page(code: number): string {
  const title = `${code} ${REASONS[code]}`;
  return `<!doctype html>\n<html lang="en">\n<title>${title}</title>\n<h1>${title}</h1>\n</html>\n`;
}

/** `modified`, in seconds since 1970, is undefined where no date of change is to be told. */
function fileResource(content: Uint8Array, type: string, modified: number | undefined, tagged: boolean): Resource {
  const digits = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const bodies: (Uint8Array | undefined)[] = [content, undefined, undefined];
  if (compressible.test(type) && content.length >= 200) {
    const gzip = gzipSync(content, { level: 9 });
    const brotli = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: content.length > 200_000 ? 9 : 11 } });
    if (gzip.length < content.length * 0.95) bodies[CODING.gzip] = gzip;
    if (brotli.length < content.length * 0.95) bodies[CODING.brotli] = brotli;
  }
  const varies = bodies[1] !== undefined || bodies[2] !== undefined;
  const blocks = bodies.map((_, coding) =>
    [
      `Content-Type: ${type}`,
      ...(tagged ? [`ETag: "${digits}${SUFFIXES[coding]}"`, 'Accept-Ranges: bytes'] : []),
      ...(tagged && modified !== undefined ? [`Last-Modified: ${new Date(modified * 1000).toUTCString()}`] : []),
      ...(varies ? ['Vary: Accept-Encoding'] : []),
      ...(coding > 0 ? [`Content-Encoding: ${CODING_NAMES[coding]}`] : []),
    ].map((line) => `${line}\r\n`).join(''),
  );
  return { kind: 0, bodies, blocks, tag: parseInt(digits, 16), changed: modified === undefined ? NEVER_UNCHANGED : compareDate(new Date(modified * 1000)) };
}

/**
 * Tables of the files; a text is why they cannot be served. Of when they were changed only `epoch` speaks, seconds since 1970: the times of
 * the files differ from checkout to checkout, and the same files are to make the same image.
 */
export function siteTables(files: readonly FolderFile[], epoch = process.env['SOURCE_DATE_EPOCH']): SiteTables | string {
  const modified = epoch !== undefined && /^\d+$/.test(epoch) ? Number(epoch) : undefined;
  const resources: Resource[] = [];
  const paths = new Map<string, number>();
  for (const file of files) {
    const number = resources.push(fileResource(file.bytes, mediaType(file.path), modified, true)) - 1;
    const path = `/${file.path}`;
    paths.set(path, number);
    const folder = /^(.*\/)index\.html?$/.exec(path)?.[1];
    if (folder !== undefined && !paths.has(folder)) paths.set(folder, number);
  }
  for (const folder of [...paths.keys()].filter((path) => path.endsWith('/') && path !== '/')) {
    const location = encodeURI(folder);
    if (location.length > BLOCK_BYTES_MAX - 14) return `the path ${folder} is too long to be redirected to`;
    if (!paths.has(folder.slice(0, -1))) paths.set(folder.slice(0, -1), resources.push({ kind: 1, bodies: [new Uint8Array(), undefined, undefined], blocks: [`Location: ${location}\r\n`, '', ''], tag: 0, changed: 0 }) - 1);
  }
  const notFound = files.find(({ path }) => path === '404.html');
  const pages = STATUS_CODES.map((code) => {
    if (code < 400) return 0;
    const content = code === 404 && notFound !== undefined ? notFound.bytes : Buffer.from(page(code));
    const resource = fileResource(new Uint8Array(content), 'text/html; charset=utf-8', 0, false);
    const allow = code === 405 ? 'Allow: GET, HEAD\r\n' : '';
    return resources.push({ ...resource, blocks: resource.blocks.map((block) => block + allow) }) - 1;
  });
  const store = new Store();
  const count = resources.length * VARIANTS;
  const tables = { body_start: new Uint32Array(count), body_length: new Int32Array(count).fill(-1), block_start: new Uint32Array(count), block_length: new Uint16Array(count) };
  resources.forEach(({ bodies, blocks }, index) => {
    for (let coding = 0; coding < VARIANTS; coding += 1) {
      const body = bodies[coding];
      if (body === undefined) continue;
      const variant = index * VARIANTS + coding;
      tables.body_start[variant] = store.add(body);
      tables.body_length[variant] = body.length;
      tables.block_start[variant] = store.add(Buffer.from(blocks[coding]!));
      tables.block_length[variant] = Buffer.byteLength(blocks[coding]!);
      if (tables.block_length[variant]! > BLOCK_BYTES_MAX) throw new RangeError('the headers of a file are too long');
    }
  });
  const lines = STATUS_CODES.map((code) => Buffer.from(`HTTP/1.1 ${code} ${REASONS[code]}\r\nDate: `));
  const texts = Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [name, { at: store.add(Buffer.from(text)), length: text.length }])) as unknown as SiteTables['texts'];
  return {
    ...pathTree(paths),
    ...tables,
    line_start: Uint32Array.from(lines, (line) => store.add(line)),
    line_length: Uint16Array.from(lines, ({ length }) => length),
    pages: Uint32Array.from(pages),
    kinds: Uint8Array.from(resources, ({ kind }) => kind),
    tags: Float64Array.from(resources, ({ tag }) => tag),
    changed: Float64Array.from(resources, ({ changed }) => changed),
    texts,
    bytes: store.bytes(),
  };
}

/** Bytes one after the other, equal ones once. */
class Store {
  private readonly parts: Uint8Array[] = [];
  private readonly places = new Map<string, number>();
  private length = 0;

  add(bytes: Uint8Array): number {
    const key = createHash('sha256').update(bytes).digest('base64');
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const place = this.length;
    this.places.set(key, place);
    this.parts.push(bytes);
    this.length += bytes.length;
    return place;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}
