/** A browser without a window, told what to do by the DevTools protocol over two pipes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Until an answer to one command. */
const ANSWER_MS_MAX = 60_000;

/** What keeps this machine from running one, or false. */
export const browserProblem = (): string | false => (spawnSync('chromium', ['--version']).error === undefined ? false : 'no chromium: apt-get install chromium');

interface Message {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class Browser {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private last = 0;
  private rest = '';

  private constructor(
    private readonly program: ChildProcess,
    private readonly folder: string,
    private session: string | undefined,
  ) {
    (program.stdio[4] as Readable).on('data', (bytes: Buffer) => this.hear(bytes.toString('utf8')));
  }

  /** With one page, of that size in pixels. */
  static async open(width = 1400, height = 900): Promise<Browser> {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-chromium-'));
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--remote-debugging-pipe', `--user-data-dir=${folder}`, `--window-size=${width},${height}`];
    const browser = new Browser(spawn('chromium', options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true }), folder, undefined);
    const { targetId } = (await browser.command('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
    const { sessionId } = (await browser.command('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string };
    browser.session = sessionId;
    return browser;
  }

  async go(url: string): Promise<void> {
    await this.command('Page.navigate', { url });
  }

  /** What the page makes of an expression, promises awaited; throws what it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = (await this.command('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    const thrown = answer.exceptionDetails;
    if (thrown !== undefined) throw new Error(thrown.exception?.description ?? thrown.text);
    return answer.result.value;
  }

  /** A picture of the page, PNG. */
  async picture(): Promise<Buffer> {
    return Buffer.from(((await this.command('Page.captureScreenshot', { format: 'png' })) as { data: string }).data, 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.program.once('exit', resolve));
    // With its helpers, which would still write into the folder.
    process.kill(-this.program.pid!, 'SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20 });
  }

  private async command(method: string, params: object): Promise<Record<string, unknown>> {
    const id = (this.last += 1);
    const answer = await new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the browser does not answer to ${method}`)), ANSWER_MS_MAX);
      this.waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      (this.program.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    });
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  }

  private hear(text: string): void {
    const messages = (this.rest + text).split('\0');
    this.rest = messages.pop()!;
    for (const message of messages.map((each) => JSON.parse(each) as Message)) {
      if (message.id === undefined) continue;
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
    }
  }
}
