/**
 * The line protocol of control sockets, version 1.3 (Click's manual page of ControlSocket): commands are lines of words,
 * answers begin with a code of three digits, 2xy for success.
 */
import { HandlerError, splitWord, type ControlHost } from 'wirelet';

/** A line, and the data of one command, at most, in bytes. */
export const LINE_BYTES_MAX = 65_536;
export const DATA_BYTES_MAX = 16 * 1024 * 1024;

const GREETING = 'Click::ControlSocket/1.3\r\n';
const CODE = { ok: 200, syntax: 500, unimplemented: 501, noElement: 510, noHandler: 511, handlerError: 520, tooBig: 521, permission: 530, unspecified: 590 } as const;

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
  | { readonly kind: 'until'; readonly terminator: string; text: string; readonly then: (data: string) => void };

/** One connection: takes what the client sends, gives what it is answered. */
export class Conversation {
  private buffer: Buffer = Buffer.alloc(0);
  private expected: Expected = { kind: 'line' };
  /** The last line ended with a carriage return at the end of what had come. */
  private afterReturn = false;
  private output: Buffer[] = [Buffer.from(GREETING)];
  /** The client wants to go, or cannot be understood any more. */
  closed = false;

  constructor(private readonly options: ProtocolOptions) {}

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

  /** Uses up a part of the buffer; false when it must grow first. */
  private advance(): boolean {
    const { expected } = this;
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
      expected.text += `${line}\n`;
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
    this.buffer = this.buffer.subarray(end + (both ? 2 : 1));
    return line;
  }

  private giveUp(code: number, text: string): void {
    this.message(code, text);
    this.closed = true;
  }

  private message(code: number, text: string): void {
    const lines = text.split('\n');
    lines.forEach((line, index) => this.output.push(Buffer.from(`${code}${index < lines.length - 1 ? '-' : ' '}${line}\r\n`, 'utf8')));
  }

  // ---- commands ------------------------------------------------------------------------------------------

  private command(line: string): void {
    const [word, rest] = splitWord(line);
    const [name, parameter] = splitWord(rest);
    const command = word.toUpperCase();
    if (command === '') return;
    if (command === 'QUIT' || command === 'BYE' || command === 'CLOSE') {
      this.message(CODE.ok, 'Goodbye!');
      this.closed = true;
    } else if (command === 'HELP') {
      this.message(CODE.ok, ['Commands supported:', 'READ handler [arg...]', 'READDATA handler len', 'READUNTIL handler terminator', 'WRITE handler [arg...]', 'WRITEDATA handler len', 'WRITEUNTIL handler terminator', 'CHECKREAD handler', 'CHECKWRITE handler', 'QUIT'].join('\n'));
    } else if (command === 'LLRPC') {
      this.message(CODE.unimplemented, `Cannot call LLRPC '${name}' remotely`);
    } else if (!COMMANDS.has(command)) {
      this.message(CODE.unimplemented, `Command '${word}' unimplemented`);
    } else if (name === '') {
      this.message(CODE.syntax, `Wrong number of arguments`);
    } else {
      this.handlerCommand(command, name, parameter);
    }
  }

  private handlerCommand(command: string, name: string, parameter: string): void {
    const reads = command.startsWith('READ');
    const call = (data: string) => (reads ? this.read(name, data) : this.write(name, data));
    if (command.startsWith('CHECK')) this.check(name, command === 'CHECKREAD' ? 'read' : 'write');
    else if (command.endsWith('DATA')) this.expectData(parameter, call);
    else if (command.endsWith('UNTIL')) this.expected = { kind: 'until', terminator: parameter.trimEnd(), text: '', then: call };
    else call(parameter);
  }

  private expectData(parameter: string, then: (data: string) => void): void {
    if (!/^\d+$/.test(parameter)) return this.message(CODE.syntax, 'Syntax error in length');
    const length = Number(parameter);
    if (length > DATA_BYTES_MAX) return this.giveUp(CODE.tooBig, 'Data too large');
    this.expected = { kind: 'data', length, then };
  }

  /** The handler's name, or that of the proxy's handler of this name. */
  private place(name: string): string {
    const { proxy, host } = this.options;
    return proxy === '' || typeof host.handler(name) === 'object' ? name : `${proxy}.${name}`;
  }

  /** What is wrong with calling the handler, said; else what is known of it. */
  private facts(name: string) {
    const facts = this.options.host.handler(this.place(name));
    if (typeof facts === 'object') return facts;
    const element = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    if (facts === 'no element') this.message(CODE.noElement, `No element named '${element}'`);
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
      this.message(CODE.unspecified, `Read handler '${name}' error:\n${error.message}`);
    }
  }

  private write(name: string, value: string): void {
    const facts = this.facts(name);
    if (facts === undefined) return;
    if (!facts.writable) return this.message(CODE.permission, `Handler '${name}' read-only`);
    if (this.options.readOnly || facts.guarded) return this.message(CODE.permission, `Permission denied for '${name}'`);
    try {
      this.options.host.write(`${this.place(name)} ${value}`);
      this.message(CODE.ok, `Write handler '${name}' OK`);
    } catch (error) {
      if (!(error instanceof HandlerError)) throw error;
      this.message(CODE.handlerError, `Write handler '${name}' error:\n${error.message}`);
    }
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

const COMMANDS: ReadonlySet<string> = new Set(['READ', 'READDATA', 'READUNTIL', 'WRITE', 'WRITEDATA', 'WRITEUNTIL', 'CHECKREAD', 'CHECKWRITE']);
