/**
 * Shows on standard error how far something has come, where that is a terminal and the program is not in the background: POSHANDLER says where it is, SIZEHANDLER, which is read
 * once, where it ends, such as `ProgressBar(d.filepos, d.filesize)` for a FromDump. Each may be several handlers with spaces between them, whose values are added up. Without a
 * size a mark goes back and forth.
 */
import { readFileSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { bool, booleanValue, defineElement, duration, HandlerError, real, string, text, type ControlHandler, type ControlHost, type ControlPart } from 'wirelet';
import { progressLine } from './progress-line.js';

const [STDOUT, STDERR] = [1, 2];
/** Nothing moved for so long: it stalls. */
const STALL_US = 5_000_000;
const WIDTH = 80;

interface Config {
  readonly poshandler: string;
  readonly sizehandler: string;
  readonly update: number;
  readonly banner: string;
  readonly active: boolean;
  readonly delay: number;
  readonly check_stdout: boolean;
  readonly fixed_size: number | undefined;
}

const wordsOf = (value: string): string[] => value.split(/\s+/).filter((word) => word !== '');

/** Whether this process may write to its terminal: it is in the foreground. */
function isInForeground(): boolean {
  try {
    // Behind the name, in parentheses: state, parent, process group, session, terminal, and the terminal's group in front.
    const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}

class Bar implements ControlPart {
  private status: 'first' | 'going' | 'over' | 'dead' = 'first';
  private active: boolean;
  private banner: string;
  private positions: readonly string[];
  private sizes: readonly string[];
  private size: number;
  private hasSize: boolean;
  private position = 0;
  /** Times in microseconds: when it began, when it moved last; how long it stalled; when it is shown first. */
  private begunAt = 0;
  private movedAt = 0;
  private stalled = 0;
  private shownFrom = 0;
  private readonly config: Config;
  readonly handlers: Readonly<Record<string, ControlHandler>>;

  constructor(private readonly host: ControlHost) {
    this.config = host.config as Config;
    this.active = this.config.active;
    this.banner = this.config.banner;
    this.positions = wordsOf(this.config.poshandler);
    this.sizes = wordsOf(this.config.sizehandler);
    this.size = this.config.fixed_size ?? -1;
    this.hasSize = this.config.fixed_size !== undefined;
    this.handlers = {
      mark_stopped: { write: () => this.complete(false) },
      mark_done: { write: () => this.complete(true) },
      active: { read: () => String(this.active), write: (value) => this.activate(value) },
      banner: { read: () => this.banner, write: (value) => void (this.banner = value) },
      poshandler: { read: () => this.positions.map((name) => host.find(name, 'read') ?? name).join(' '), write: (value) => void (this.positions = this.checked(value)) },
      sizehandler: {
        read: () => this.sizes.map((name) => host.find(name, 'read') ?? name).join(' '),
        write: (value) => {
          this.sizes = this.checked(value);
          this.hasSize = false;
        },
      },
      pos: { read: () => String(this.position) },
      size: { read: () => String(this.size), write: (value) => this.resize(value) },
      reset: { write: () => this.reset() },
    };
  }

  begin(): string | undefined {
    try {
      this.checked([...this.sizes, ...this.positions].join(' '));
    } catch (error) {
      if (error instanceof HandlerError) return error.message;
      throw error;
    }
    if (!isatty(STDERR) || (this.config.check_stdout && isatty(STDOUT))) this.status = 'dead';
    else if (this.active) this.host.setTimer(this.host.microseconds);
    return undefined;
  }

  timer(): void {
    this.show();
  }

  close(): void {
    if (this.status !== 'going') return;
    this.status = 'over';
    this.show();
  }

  /** Names of handlers that can be read. Throws HandlerError where there is none. */
  private checked(value: string): string[] {
    const names = wordsOf(value);
    for (const name of names) {
      const [element, handler] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
      if (this.host.handler(name) === 'no element') throw new HandlerError(`no element named '${element}'`);
      if (this.host.find(name, 'read') === undefined) throw new HandlerError(`no '${handler}' read handler`);
    }
    return names;
  }

  private activate(value: string): void {
    try {
      this.active = booleanValue(value);
    } catch {
      throw new HandlerError('type mismatch');
    }
    if (this.active) this.host.setTimer(this.host.microseconds);
  }

  private resize(value: string): void {
    const size = Number(value.trim());
    if (value.trim() === '' || Number.isNaN(size)) throw new HandlerError('expected real number');
    this.size = size;
  }

  private reset(): void {
    this.hasSize = false;
    this.active = true;
    this.status = 'first';
    this.host.setTimer(this.host.microseconds);
  }

  /** It is over; `isFull`: all of it is done. */
  private complete(isFull: boolean): void {
    if (this.status === 'over' || this.status === 'dead' || !this.active) return;
    if (isFull) {
      this.hasSize = true;
      this.size = this.sum(this.positions).value;
    }
    if (this.status === 'first') this.start();
    this.status = 'over';
    this.host.setTimer(undefined);
    this.show();
  }

  /** What handlers say, added up; whether each said a number. */
  private sum(names: readonly string[]): { readonly value: number; readonly known: boolean } {
    const values = names.map((name) => this.host.read(name).trim()).map((value) => (value === '' ? NaN : Number(value)));
    return { value: values.filter((value) => !Number.isNaN(value)).reduce((sum, value) => sum + value, 0), known: values.length > 0 && !values.some(Number.isNaN) };
  }

  private start(): void {
    if (!this.hasSize) {
      const { value, known } = this.sum(this.sizes);
      this.size = value;
      this.hasSize = known;
    }
    this.position = 0;
    this.stalled = 0;
    this.begunAt = this.movedAt = this.host.microseconds;
    this.shownFrom = this.begunAt + this.config.delay;
    this.status = 'going';
  }

  private show(): void {
    if (!this.active || this.status === 'dead') return;
    if (this.status === 'first') this.start();
    const { host } = this;
    const now = host.microseconds;
    if (!isInForeground()) return host.setTimer(now + this.config.update);
    if (now < this.shownFrom) return host.setTimer(this.shownFrom);
    const { value, known } = this.sum(this.positions);
    let rest = now - this.movedAt;
    if (value > this.position) {
      if (rest >= STALL_US) this.stalled += rest;
      [this.position, this.movedAt, rest] = [value, now, 0];
    }
    const isOver = this.status === 'over';
    const line = progressLine({
      banner: this.banner,
      position: known ? value : undefined,
      size: this.hasSize ? this.size : undefined,
      isShown: this.sizes.length > 0,
      isOver,
      elapsed: (now - this.begunAt - this.stalled) / 1e6,
      isStalled: rest >= STALL_US,
      width: process.stderr.columns || WIDTH,
    });
    writeSync(STDERR, line);
    if (isOver) this.active = false;
    else host.setTimer(now + this.config.update);
  }
}

export default defineElement({
  name: 'ProgressBar',
  config: {
    poshandler: text({ doc: 'Handlers that say how far it is.' }),
    sizehandler: text({ default: '', doc: 'Handlers that say where it ends.' }),
    update: duration({ default: 250_000, keyword: true, doc: 'How often it is shown.' }),
    banner: string({ default: '', keyword: true, doc: 'What stands before it.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it is shown.' }),
    delay: duration({ default: 0, keyword: true, doc: 'When it is shown first.' }),
    check_stdout: bool({ default: false, keyword: true, doc: 'Whether it is not shown when standard output is a terminal, too.' }),
    fixed_size: real({ required: false, keyword: true, doc: 'Where it ends.' }),
  },
  ports: {},
  control: { reason: 'writes to a terminal, which an appliance does not have', start: (host) => new Bar(host) },
});
