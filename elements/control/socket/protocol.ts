/**
 * The line protocol of control sockets, version 1.3 (Click's manual page of ControlSocket): commands are lines of words,
 * answers begin with a code of three digits, 2xy for success.
 */
import { HandlerError, parseInteger, type ControlHost } from 'wirelet';

/** A line, and the data of one command, at most, in bytes. */
export const LINE_BYTES_MAX = 65_536;
export const DATA_BYTES_MAX = 16 * 1024 * 1024;

const GREETING = 'Click::ControlSocket/1.3\r\n';
const CODE = { ok: 200, warned: 220, syntax: 500, unimplemented: 501, noElement: 510, noHandler: 511, handlerError: 520, tooBig: 521, permission: 530, unspecified: 590 } as const;

export interface ProtocolOptions {
  readonly readOnly: boolean;
  /** An element that answers for handlers that are not there; empty: none. */
  readonly proxy: string;
  readonly host: ControlHost;
}

/** What the next bytes belong to. */
type Expected =
  | { readonly kind: 'line' }
  | { readonly kind: 'data'; readonly length: number; readonly then: (data: string) => void }
  // A handler that needs time is at work.
  | { readonly kind: 'answer' }
  | { readonly kind: 'until'; readonly terminator: string; text: string; readonly then: (data: string) => void };

/** What HELP answers: Click's text. */
const HELP = [
  'Commands supported:',
  'READ handler [arg...]   call read handler, return DATA',
  'READDATA handler len    call read handler with len data bytes, return DATA',
  'READUNTIL handler term  call read handler, take data until term, return DATA',
  'WRITE handler [arg...]  call write handler',
  'WRITEDATA handler len   call write handler, pass len data bytes',
  'WRITEUNTIL handler term call write handler, take data until term',
  'CHECKREAD handler       check if read handler is valid',
  'CHECKWRITE handler      check if write handler is valid',
  'LLRPC elt#number [len]  call LLRPC, pass len data bytes, return DATA',
  'QUIT                    close connection',
];

/** One connection: takes what the client sends, gives what it is answered. */
export class Conversation {
  private buffer: Buffer = Buffer.alloc(0);
  private expected: Expected = { kind: 'line' };
  /** How the last line ended. */
  private lineEnd = '';
  /** It ended with a carriage return at the end of what had come. */
  private afterReturn = false;
  private output: Buffer[] = [Buffer.from(GREETING)];
  /** The client wants to go, or cannot be understood any more. */
  closed = false;
  /** Nothing more comes from the client. */
  private ended = false;
  /** Called when there are answers to what came before. */
  answered = (): void => {};

  constructor(private options: ProtocolOptions) {}

  /** Another router takes the place of the one that was asked so far. */
  turnTo(options: ProtocolOptions): void {
    this.options = options;
  }

  /** The answers since the last call. */
  take(): Buffer {
    const answers = Buffer.concat(this.output);
    this.output = [];
    return answers;
  }

  receive(bytes: Buffer): void {
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    while (!this.closed && this.advance());
  }

  /** Nothing more will come: what came without an end of line is the last line. */
  end(): void {
    if (this.closed) return;
    this.ended = true;
    if (this.expected.kind === 'answer') return;
    if (this.expected.kind === 'line' && this.buffer.length > 0) this.receive(Buffer.from('\n'));
    if (this.expected.kind !== 'line') this.message(CODE.syntax, 'Not enough data');
    this.closed = true;
  }

  /** Uses up a part of the buffer; false when it must grow first. */
  private advance(): boolean {
    const { expected } = this;
    if (expected.kind === 'answer') return false;
    if (expected.kind === 'data') {
      if (this.afterReturn && this.buffer[0] === 10) this.buffer = this.buffer.subarray(1);
      if (this.buffer.length > 0) this.afterReturn = false;
      if (this.buffer.length < expected.length) return false;
      const data = this.buffer.subarray(0, expected.length).toString('utf8');
      this.buffer = this.buffer.subarray(expected.length);
      this.expected = { kind: 'line' };
      expected.then(data);
      return true;
    }
    const line = this.line();
    if (line === undefined) return false;
    if (expected.kind === 'line') {
      this.command(line);
    } else if (line.trimEnd() === expected.terminator) {
      this.expected = { kind: 'line' };
      expected.then(expected.text);
    } else {
      expected.text += line + this.lineEnd;
      if (expected.text.length > DATA_BYTES_MAX) this.giveUp(CODE.tooBig, 'Data too large');
    }
    return true;
  }

  /** The next line without its end: CR, LF, or both. */
  private line(): string | undefined {
    if (this.afterReturn && this.buffer[0] === 10) this.buffer = this.buffer.subarray(1);
    if (this.buffer.length > 0) this.afterReturn = false;
    const end = this.buffer.findIndex((byte) => byte === 10 || byte === 13);
    // After a carriage return, a line feed may still come: then it is the next thing, and no line of its own.
    if (end < 0) {
      if (this.buffer.length > LINE_BYTES_MAX) this.giveUp(CODE.syntax, 'Line too long');
      return undefined;
    }
    const line = this.buffer.subarray(0, end).toString('utf8');
    const both = this.buffer[end] === 13 && this.buffer[end + 1] === 10;
    this.afterReturn = this.buffer[end] === 13 && end + 1 === this.buffer.length;
    this.lineEnd = this.buffer.toString('latin1', end, end + (both ? 2 : 1));
    this.buffer = this.buffer.subarray(end + (both ? 2 : 1));
    return line;
  }

  private giveUp(code: number, text: string): void {
    this.message(code, text);
    this.closed = true;
  }

  private message(code: number, ...lines: readonly string[]): void {
    lines.forEach((line, index) => this.output.push(Buffer.from(`${code}${index < lines.length - 1 ? '-' : ' '}${printable(line)}\r\n`, 'latin1')));
  }

  // ---- commands ------------------------------------------------------------------------------------------

  private command(line: string): void {
    const words = line.split(/\s+/).filter((word) => word !== '');
    const [given = '', name = ''] = words;
    const command = given.toUpperCase();
    // All from the third word to the last.
    const parameter = /^\s*\S+\s+\S+\s+([^]*?)\s*$/.exec(line)?.[1] ?? '';
    const form = ALIASES[command] ?? command;
    if (command === '') return;
    if (form === 'QUIT') this.quit(words.length === 1);
    else if (form === 'HELP') this.message(CODE.ok, ...HELP);
    else if (!WORDS.has(form)) this.message(CODE.unimplemented, `Command '${command}' unimplemented`);
    else if (words.length < WORDS.get(form)![0] || words.length > WORDS.get(form)![1]) this.message(CODE.syntax, 'Wrong number of arguments');
    else if (form === 'LLRPC') this.expectData(words[2] ?? '0', 'llrpc', () => this.callLowLevel(name));
    else this.handlerCommand(form, name, parameter);
  }

  private quit(isPlain: boolean): void {
    if (!isPlain) this.message(CODE.syntax, 'Bad command syntax');
    this.message(CODE.ok, 'Goodbye!');
    this.closed = true;
  }

  private handlerCommand(command: string, name: string, parameter: string): void {
    const call = (data: string) => (command.startsWith('READ') ? this.read(name, data) : this.write(name, data));
    if (command.startsWith('CHECK')) this.check(name, command === 'CHECKREAD' ? 'read' : 'write');
    else if (command.endsWith('DATA')) this.expectData(parameter, command, call);
    else if (command.endsWith('UNTIL')) this.expected = { kind: 'until', terminator: parameter, text: '', then: call };
    else call(parameter);
  }

  private expectData(parameter: string, command: string, then: (data: string) => void): void {
    const length = parseInteger(parameter);
    if (length === undefined || length < 0) return this.message(CODE.syntax, `Syntax error in '${command}'`);
    if (length > DATA_BYTES_MAX) return this.giveUp(CODE.tooBig, 'Data too large');
    this.expected = { kind: 'data', length, then };
  }

  /** No element here has procedures of that kind. */
  private callLowLevel(name: string): void {
    const [element = '', number = ''] = name.split('#', 2);
    if (!/^(0x)?[0-9a-f]{1,8}$/i.test(number)) return this.message(CODE.syntax, `Syntax error in LLRPC name '${name}'`);
    if (this.facts(`${element}.name`) !== undefined) this.message(CODE.unimplemented, `Cannot call LLRPC '${name}' remotely`);
  }

  /** The handler that a name means: with a proxy one of the proxy's, whatever it is; one of the router itself may have a dot before it, or be of element 0. */
  private place(name: string): string {
    const own = name.replace(/^0?\./, '');
    return this.options.proxy === '' ? own : `${this.options.proxy}.${own}`;
  }

  /** What is wrong with calling the handler, said; else what is known of it. */
  private facts(name: string) {
    const facts = this.options.host.handler(this.place(name));
    if (typeof facts === 'object') return facts;
    if (this.options.proxy !== '') this.message(CODE.noHandler, `No proxied handler named '${name}'`);
    else if (facts === 'no element') this.message(CODE.noElement, `No element named '${name.slice(0, Math.max(0, name.indexOf('.')))}'`);
    else this.message(CODE.noHandler, `No handler named '${name}'`);
    return undefined;
  }

  private read(name: string, parameter: string): void {
    const facts = this.facts(name);
    if (facts === undefined) return;
    if (!facts.readable) return this.message(CODE.permission, `Handler '${name}' write-only`);
    if (facts.guarded) return this.message(CODE.permission, `Permission denied for '${name}'`);
    try {
      const value = Buffer.from(this.options.host.read(`${this.place(name)} ${parameter}`), 'utf8');
      this.message(CODE.ok, `Read handler '${name}' OK`);
      this.output.push(Buffer.from(`DATA ${value.length}\r\n`), value);
    } catch (error) {
      if (!(error instanceof HandlerError)) throw error;
      this.message(CODE.unspecified, `Read handler '${name}' error:`, ...error.message.split('\n'));
    }
  }

  private write(name: string, value: string): void {
    const facts = this.facts(name);
    if (facts === undefined) return;
    if (!facts.writable) return this.message(CODE.permission, `Handler '${name}' read-only`);
    if (this.options.readOnly || facts.guarded) return this.message(CODE.permission, `Permission denied for '${name}'`);
    const call = `${this.place(name)} ${value}`;
    try {
      const later = this.options.host.writeLater(call);
      if (later !== undefined) return this.waitFor(name, later);
      this.written(name, this.options.host.writeTold(call).warnings);
    } catch (error) {
      this.notWritten(name, error);
    }
  }

  /** What comes meanwhile waits. */
  private waitFor(name: string, later: Promise<readonly string[]>): void {
    this.expected = { kind: 'answer' };
    const goOn = () => {
      this.expected = { kind: 'line' };
      this.receive(Buffer.alloc(0));
      if (this.ended) this.end();
      this.answered();
    };
    void later.then((warnings) => this.written(name, warnings), (error: unknown) => this.notWritten(name, error)).then(goOn);
  }

  private written(name: string, warnings: readonly string[]): void {
    if (warnings.length === 0) this.message(CODE.ok, `Write handler '${name}' OK`);
    else this.message(CODE.warned, `Write handler '${name}' OK with warnings:`, ...warnings.flatMap((text) => text.split('\n')));
  }

  private notWritten(name: string, error: unknown): void {
    if (!(error instanceof HandlerError)) throw error;
    this.message(CODE.handlerError, `Write handler '${name}' error:`, ...error.message.split('\n'));
  }

  private check(name: string, way: 'read' | 'write'): void {
    const facts = this.facts(name);
    if (facts === undefined) return;
    const possible = way === 'read' ? facts.readable : facts.writable;
    if (!possible) this.message(CODE.noHandler, `Handler '${name}' not ${way === 'read' ? 'readable' : 'writable'}`);
    else if (way === 'write' && this.options.readOnly) this.message(CODE.permission, `Permission denied for '${name}'`);
    else this.message(CODE.ok, `${way === 'read' ? 'Read' : 'Write'} handler '${name}' OK`);
  }
}

/** Other names of commands. */
const ALIASES: Readonly<Record<string, string>> = { GET: 'READ', SET: 'WRITE', SETDATA: 'WRITEDATA', CLOSE: 'QUIT' };
/** How many words commands have, at least and at most, their own counted. */
const WORDS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['READ', [2, Infinity]], ['WRITE', [2, Infinity]], ['READUNTIL', [2, Infinity]], ['WRITEUNTIL', [2, Infinity]], ['READDATA', [3, 3]], ['WRITEDATA', [3, 3]], ['CHECKREAD', [2, 2]],
  ['CHECKWRITE', [2, 2]], ['LLRPC', [2, 3]],
]);

/** Bytes that are no printable ASCII as Click shows them: ^A, \377. */
function printable(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1').replace(/[^ -~]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 32 ? `^${String.fromCharCode(code + 64)}` : `\\${code.toString(8).padStart(3, '0')}`;
  });
}
