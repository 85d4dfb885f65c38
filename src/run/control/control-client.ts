/** A client of control sockets: ControlSocket's line protocol, version 1.3 (elements/control/socket/protocol.ts). */
import { createConnection, type Socket } from 'node:net';
import { failure } from '../../diagnostics.js';
import type { ControlAddress } from './control-socket.js';

const GREETING = /^Click::ControlSocket\/1\.\d+\r?\n/;

export interface Answer {
  /** 2xy: done. */
  readonly code: number;
  readonly message: string;
  /** What a handler that was read says. */
  readonly data: Buffer;
}

/** The appliance refused: no such element or handler, a value that the handler does not take. */
export class Refused extends Error {
  constructor(readonly answer: Answer) {
    super(answer.message);
  }
}

export class ControlClient {
  private buffer: Buffer = Buffer.alloc(0);
  private waiting: (() => void) | undefined;
  private ended = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.buffer = Buffer.concat([this.buffer, bytes]);
      this.waiting?.();
    });
    const end = () => {
      this.ended = true;
      this.waiting?.();
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Fails with WL4145 when nobody answers there. */
  static async connect(address: ControlAddress): Promise<ControlClient> {
    const socket = createConnection(address);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) => reject(failure('WL4145', `the appliance cannot be reached (${error.code ?? error.message})`, 'It may be about to end. wirelet run GRAPH --name NAME starts one.')));
    });
    const client = new ControlClient(socket);
    const greeting = await client.line();
    if (!GREETING.test(`${greeting}\n`)) throw failure('WL4145', 'what answers there is no control socket', 'Give the address of one.');
    return client;
  }

  /** What the handler says; throws Refused. */
  async read(handler: string, parameter = ''): Promise<Buffer> {
    return (await this.call('READ', handler, parameter)).data;
  }

  /** Throws Refused. */
  async write(handler: string, value: string): Promise<Answer> {
    return this.call('WRITE', handler, value);
  }

  close(): void {
    this.socket.end();
  }

  private async call(command: 'READ' | 'WRITE', handler: string, text: string): Promise<Answer> {
    const data = Buffer.from(text, 'utf8');
    if (data.length === 0) this.socket.write(`${command} ${handler}\r\n`);
    else this.socket.write(Buffer.concat([Buffer.from(`${command}DATA ${handler} ${data.length}\r\n`), data]));
    const answer = await this.answer(command === 'READ');
    if (Math.trunc(answer.code / 100) !== 2) throw new Refused(answer);
    return answer;
  }

  private async answer(reads: boolean): Promise<Answer> {
    const lines: string[] = [];
    let code: number;
    for (;;) {
      const line = await this.line();
      lines.push(line.slice(4));
      code = Number(line.slice(0, 3));
      if (line[3] !== '-') break;
    }
    const message = lines.join('\n');
    if (!reads || Math.trunc(code / 100) !== 2) return { code, message, data: Buffer.alloc(0) };
    const length = Number(/^DATA (\d+)$/.exec(await this.line())?.[1]);
    return { code, message, data: await this.bytes(length) };
  }

  private async line(): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf(10);
      if (end >= 0) return (await this.bytes(end + 1)).toString('utf8').replace(/\r?\n$/, '');
      await this.more();
    }
  }

  private async bytes(count: number): Promise<Buffer> {
    while (this.buffer.length < count) await this.more();
    const result = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return result;
  }

  private async more(): Promise<void> {
    if (this.ended) throw failure('WL4145', 'the appliance ended before it answered', 'It may have been stopped.');
    await new Promise<void>((resolve) => (this.waiting = resolve));
    this.waiting = undefined;
  }
}
