/** Readers of files whose lines are packets: what is on a line says the element, when the packets come is here. */
import { booleanValue, type ControlHost, type ControlPart, type Packet } from 'wirelet';
import { whyNot } from './output-file.js';

export interface LineFileConfig {
  readonly filename: string;
  readonly stop: boolean;
  readonly active: boolean;
  readonly timing?: boolean;
}

/** Packets of a line, its number from 1 on; undefined: the file ends there. */
export type LineReader = (line: string, number: number) => Iterable<Packet> | undefined;

export class LineFile implements ControlPart {
  private lines: string[] = [];
  private next = 0;
  private active: boolean;
  private ended = false;
  private readonly waiting: Packet[] = [];
  /** With TIMING: what is added to times of packets, in microseconds. */
  private shift: number | undefined;
  readonly handlers;

  constructor(private readonly host: ControlHost<LineFileConfig>, private readonly packetsOf: LineReader, more: ControlPart['handlers'] = {}) {
    this.active = host.config.active;
    this.handlers = {
      ...more,
      encap: { read: () => 'IP' },
      active: {
        read: () => String(this.active),
        write: (value: string) => {
          this.active = booleanValue(value);
          host.wake();
        },
      },
      stop: {
        write: () => {
          this.active = false;
          host.adjustRunCount(-1);
        },
      },
    };
  }

  begin(): string | undefined {
    const { filename } = this.host.config;
    try {
      this.lines = this.host.readFile(filename).toString('latin1').split(/\r?\n/);
    } catch (error) {
      return `${filename}: ${whyNot(error)}`;
    }
    return undefined;
  }

  run(): boolean {
    const packet = this.host.outputs.length === 0 || this.host.pulled(0) ? null : this.pull();
    if (packet === null) return false;
    this.host.emit(0, packet);
    return true;
  }

  pull(): Packet | null {
    if (!this.active) return null;
    while (this.waiting.length === 0 && this.next < this.lines.length) {
      const packets = this.packetsOf(this.lines[this.next]!, this.next + 1);
      this.next = packets === undefined ? this.lines.length : this.next + 1;
      for (const packet of packets ?? []) this.waiting.push(packet);
    }
    if (this.waiting.length > 0) return this.isDue(this.waiting[0]!) ? this.waiting.shift()! : null;
    if (!this.ended) {
      this.ended = true;
      if (this.host.config.stop) this.host.adjustRunCount(-1);
    }
    return null;
  }

  timer(): void {
    this.host.wake();
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
