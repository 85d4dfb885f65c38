/** Readers of files whose lines are packets: what is on a line says the element, when the packets come is here. */
import type { ControlHost, ControlPart, Packet } from 'wirelet';
import { whyNot } from './output-file.js';
import { activeHandler, fileHandlers, shownName, type Reading } from './reader-handlers.js';
import { lineAt } from './text-line.js';

export interface LineFileConfig {
  readonly filename: string;
  readonly stop: boolean;
  readonly active: boolean;
  readonly timing?: boolean;
}

/** Packets of a line; undefined: it rests there until it is made active again. */
export type LineReader = (line: string) => Iterable<Packet> | undefined;

export class LineFile implements ControlPart, Reading {
  private data: Buffer = Buffer.alloc(0);
  /** Where the next line begins, and the number of the last. */
  private at = 0;
  private line = 0;
  active: boolean;
  private resting = false;
  private readonly waiting: Packet[] = [];
  /** With TIMING: what is added to times of packets, in microseconds. */
  private shift: number | undefined;
  private packetsOf: LineReader = () => undefined;
  readonly handlers;

  /** `more`: handlers besides those that all have. `mistake`: what is said of a value of `active` that is none. */
  constructor(private readonly host: ControlHost<LineFileConfig>, more: (reading: LineFile) => ControlPart['handlers'] = () => ({}), mistake?: string) {
    this.active = host.config.active;
    this.handlers = { ...more(this), encap: { read: () => 'IP' }, ...activeHandler(host, this, mistake), ...fileHandlers(host, host.config.filename, () => this.at) };
  }

  /** Packets are what `packetsOf` makes of the lines. */
  reading(packetsOf: LineReader): this {
    this.packetsOf = packetsOf;
    return this;
  }

  /** Where it is, as messages have it. */
  get place(): string {
    return `${shownName(this.host.config.filename)}:${this.line}`;
  }

  /** The first line, which is still to be read. */
  get firstLine(): string {
    return lineAt(this.data, 0)?.text ?? '';
  }

  begin(): string | undefined {
    const { filename } = this.host.config;
    try {
      this.data = this.host.readFile(filename === '' ? '-' : filename);
    } catch (error) {
      return `${shownName(filename)}: ${whyNot(error)}`;
    }
    return this.data.length === 0 ? `${this.place}: empty file` : undefined;
  }

  begun(): void {
    this.resting = false;
  }

  run(): boolean {
    const packet = this.host.outputs.length === 0 || this.host.pulled(0) ? null : this.pull();
    if (packet === null) return false;
    this.host.emit(0, packet);
    return true;
  }

  pull(): Packet | null {
    if (!this.active || this.resting) return null;
    while (this.waiting.length === 0) {
      const found = lineAt(this.data, this.at);
      if (found !== undefined) [this.at, this.line] = [found.next, this.line + 1];
      const packets = found && this.packetsOf(found.text);
      if (packets === undefined) return this.rest();
      for (const packet of packets) this.waiting.push(packet);
    }
    return this.isDue(this.waiting[0]!) ? this.waiting.shift()! : null;
  }

  timer(): void {
    this.host.wake();
  }

  private rest(): null {
    this.resting = true;
    if (this.host.config.stop) this.host.adjustRunCount(-1);
    return null;
  }

  private isDue(packet: Packet): boolean {
    if (this.host.config.timing !== true) return true;
    const time = packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000);
    this.shift ??= this.host.microseconds - time;
    if (time + this.shift <= this.host.microseconds) return true;
    this.host.setTimer(time + this.shift);
    return false;
  }
}
