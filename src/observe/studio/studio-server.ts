/**
 * Serves the studio: one page, and what it asks for. Whoever has the key, which is in the address that is printed,
 * may look and write handlers; nobody else gets anything, also not other users of this machine or pages of other sites.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { packageRoot } from '../../package-root.js';
import { listen, urlOf, type ListenAddress } from '../listen-address.js';
import type { Subject } from './subject.js';

/** Pages that may be open at once. */
const STREAMS_MAX = 32;
/** Of what is written to a handler, in bytes. */
const WRITE_BYTES_MAX = 1 << 20;
const TRACE_COUNT_MAX = 1000;
/** A trace of a running appliance ends then, with the frames that came. */
const TRACE_MS_MAX = 10_000;

const FOLDER = path.join(packageRoot, 'src/observe/studio/page');
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['studio.html', 'text/html; charset=utf-8'],
  '/studio.mjs': ['studio.mjs', 'text/javascript; charset=utf-8'],
  '/figures.mjs': ['figures.mjs', 'text/javascript; charset=utf-8'],
  '/studio.css': ['studio.css', 'text/css; charset=utf-8'],
};
/** The page uses nothing but what comes from here. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** What can be looked at. */
export interface Subjects {
  names(): readonly string[];
  /** Fails with WL4144 where there is none of that name. */
  find(name: string): Subject;
}

export class StudioServer {
  private readonly key = randomBytes(16).toString('hex');
  private streams = 0;
  private readonly closing = new AbortController();

  private constructor(
    private readonly server: Server,
    private readonly subjects: Subjects,
  ) {}

  static async open(address: ListenAddress, subjects: Subjects): Promise<StudioServer> {
    const server = createServer();
    const studio = new StudioServer(server, subjects);
    server.on('request', (request, response) => void studio.answer(request, response));
    await listen(server, address, '--listen');
    return studio;
  }

  /** To be opened in a browser. */
  get url(): string {
    return `${urlOf(this.server)}/?key=${this.key}`;
  }

  close(): void {
    this.closing.abort();
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      const url = new URL(request.url ?? '/', 'http://studio');
      if (!this.admits(request, url)) response.writeHead(403, { 'content-type': 'text/plain' }).end('Open the address that wirelet studio printed: it has the key.\n');
      else if (url.searchParams.has('key')) this.welcome(url, response);
      else await this.serve(request, url, response);
    } catch (error) {
      // What went wrong is the user's to read: no handler of that name, an appliance that ended.
      if (response.headersSent) response.end();
      else json(response, { error: (error as Error).message }, 400);
    }
  }

  private admits(request: IncomingMessage, url: URL): boolean {
    const given = url.searchParams.get('key') ?? new RegExp(`(?:^|; )${this.cookie}=([0-9a-f]+)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
    const [mine, theirs] = [Buffer.from(this.key), Buffer.from(given)];
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  /** Cookies do not know ports: two studios of one machine need two names. */
  private get cookie(): string {
    return `wirelet_studio_${new URL(urlOf(this.server)).port}`;
  }

  /** The key goes out of the address, into a cookie that other sites cannot use. */
  private welcome(url: URL, response: ServerResponse): void {
    url.searchParams.delete('key');
    response.writeHead(303, { location: `${url.pathname}${url.search}`, 'set-cookie': `${this.cookie}=${this.key}; HttpOnly; SameSite=Strict; Path=/` }).end();
  }

  private async serve(request: IncomingMessage, { pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    const file = FILES[pathname];
    const text = (name: string) => searchParams.get(name) ?? '';
    if (pathname === '/write') {
      if (request.method !== 'POST') return refuse(response, 405, 'Writing is a POST.');
      const { of, handler, value } = await bodyOf(request);
      return json(response, { message: await this.subjects.find(of).write(handler, value) });
    }
    if (request.method !== 'GET') return refuse(response, 405, 'Looking is a GET.');
    if (file !== undefined) return void response.writeHead(200, { 'content-type': file[1] }).end(readFileSync(path.join(FOLDER, file[0])));
    if (pathname === '/subjects') return json(response, { subjects: this.subjects.names() });
    if (!Object.hasOwn(QUESTIONS, pathname) && pathname !== '/events') return refuse(response, 404, `There is no ${pathname}.`);
    const subject = this.subjects.find(text('of'));
    if (pathname === '/events') return this.stream(subject, response);
    const found = await QUESTIONS[pathname]!(subject, text);
    return found === undefined ? refuse(response, 404, `There is no element "${text('name')}".`) : json(response, found);
  }

  /** Server-sent events, until the page goes away. */
  private async stream(subject: Subject, response: ServerResponse): Promise<void> {
    if (this.streams >= STREAMS_MAX) return refuse(response, 503, `${STREAMS_MAX} pages are open: close one.`);
    this.streams += 1;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    try {
      await subject.watch((event) => response.write(`data: ${JSON.stringify(event)}\n\n`), AbortSignal.any([gone.signal, this.closing.signal]));
    } finally {
      this.streams -= 1;
      response.end();
    }
  }
}

type Question = (subject: Subject, text: (name: string) => string) => Promise<object | undefined>;

const QUESTIONS: Readonly<Record<string, Question>> = {
  '/view': (subject) => subject.view(),
  '/element': (subject, text) => subject.element(text('name')),
  '/listing': async (subject, text) => ({ text: await subject.listing(text('name')) }),
  '/read': async (subject, text) => ({ value: await subject.read(text('handler'), text('parameter')) }),
  '/trace': async (subject, text) => {
    const count = Number(text('count'));
    if (!Number.isInteger(count) || count < 1 || count > TRACE_COUNT_MAX) throw failure('WL1391', `${text('count') || 'nothing'} is not a number of frames from 1 to ${TRACE_COUNT_MAX}`);
    return { text: await subject.trace({ match: text('match') || undefined, count, signal: AbortSignal.timeout(TRACE_MS_MAX) }) };
  },
};

async function bodyOf(request: IncomingMessage): Promise<{ of: string; handler: string; value: string }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > WRITE_BYTES_MAX) throw failure('WL4146', `more than ${WRITE_BYTES_MAX} bytes cannot be written to a handler`);
    parts.push(part as Buffer);
  }
  const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '');
  return { of: text('of'), handler: text('handler'), value: text('value') };
}

function json(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const refuse = (response: ServerResponse, status: number, error: string) => json(response, { error }, status);
