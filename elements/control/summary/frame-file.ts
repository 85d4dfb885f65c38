/** Readers of files of frames: captures, traces. One class of elements differs from another in how its file is read. */
import { statSync } from 'node:fs';
import { bool, defineElement, duration, HandlerError, integer, integerValue, many, Packet, real, text, type ConfigSpec, type ControlHost, type ControlPart } from 'wirelet';
import { whyNot } from './output-file.js';
import { readerHandlers, type Reading } from './reader-handlers.js';

/** A frame of a file. */
export interface FileFrame {
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
  /** Bytes of the link's header, the type in its last two; those of Ethernet unless said. */
  readonly linkBytes?: number;
  /** Where its record begins in the file, and where the next one does, in bytes. */
  readonly offset: number;
  readonly end: number;
}

export type FrameReader = (host: ControlHost, file: string) => Iterable<FileFrame>;

interface Config {
  readonly filename: string;
  readonly timing: boolean;
  readonly stop: boolean;
  readonly sample: number;
  readonly force_ip: boolean;
  readonly start: number | undefined;
  readonly start_after: number | undefined;
  readonly end: number | undefined;
  readonly end_after: number | undefined;
  readonly interval: number | undefined;
  readonly end_call: string;
  readonly filepos: number;
}

class FrameFile implements ControlPart, Reading {
  private frames: Iterator<FileFrame> | undefined;
  /** The next packet, and where its record begins. */
  private waiting: Packet | undefined;
  private waitingAt = 0;
  /** Where the record of the last packet begins, the next one that is read, and from where on they are let out. */
  private emittedAt = 0;
  private nextAt = 0;
  private wantedAt: number;
  active: boolean;
  private count = 0;
  private ended = false;
  private shift: number | undefined;
  /** Times of the first and last packets that are let out, in microseconds. */
  private from: number | undefined;
  private to: number | undefined;
  private readonly config: Config;
  readonly handlers;

  constructor(private readonly host: ControlHost, private readonly readFrames: FrameReader) {
    const config = host.config as Config & { active: boolean };
    this.config = config;
    this.active = config.active;
    this.wantedAt = config.filepos;
    this.handlers = {
      count: { read: () => String(this.count) },
      reset_counts: { write: () => void (this.count = 0) },
      reset_timing: { write: () => void (this.shift = undefined) },
      extend_interval: { write: (value: string) => void (this.to = (this.to ?? 0) + Number(value) * 1e6) },
      filesize: { read: () => String(this.size()) },
      filepos: { read: () => String(this.waiting === undefined ? this.nextAt : this.waitingAt), write: (value: string) => this.goTo(integerValue(value, 0, Number.MAX_SAFE_INTEGER)) },
      packet_filepos: { read: () => String(this.emittedAt) },
      ...readerHandlers(host, this, config, config.force_ip ? 'IP' : 'ETHER'),
    };
  }

  begin(): string | undefined {
    try {
      this.open();
    } catch (error) {
      return `${this.config.filename}: ${whyNot(error)}`;
    }
    return undefined;
  }

  private open(): void {
    const frames = this.readFrames(this.host, this.config.filename)[Symbol.iterator]();
    const first = frames.next();
    this.frames = first.done === true ? frames : again(first.value, frames);
    this.nextAt = first.done === true ? 0 : first.value.offset;
  }

  /** Goes on with the first record at this place of the file, or behind it. */
  private goTo(place: number): void {
    try {
      this.open();
    } catch (error) {
      throw new HandlerError(`${this.config.filename}: ${whyNot(error)}`);
    }
    this.wantedAt = place;
    this.waiting = undefined;
    this.ended = false;
    this.host.wake();
  }

  private size(): number | string {
    try {
      return statSync(this.config.filename).size;
    } catch {
      return '-';
    }
  }

  run(): boolean {
    if (this.host.pulled(0)) return false;
    const packet = this.take();
    if (packet === undefined) return false;
    this.host.emit(0, packet);
    return true;
  }

  pull(port: number): Packet | null {
    return port === 0 ? (this.take() ?? null) : null;
  }

  timer(): void {
    this.host.wake();
  }

  private take(): Packet | undefined {
    if (!this.active) return undefined;
    this.waiting ??= this.read();
    const packet = this.waiting;
    if (packet === undefined || !this.isDue(packet)) return undefined;
    this.waiting = undefined;
    this.emittedAt = this.waitingAt;
    this.count += 1;
    return packet;
  }

  private isDue(packet: Packet): boolean {
    if (!this.config.timing) return true;
    const time = microseconds(packet);
    this.shift ??= this.host.microseconds - time;
    if (time + this.shift <= this.host.microseconds) return true;
    this.host.setTimer(time + this.shift);
    return false;
  }

  private read(): Packet | undefined {
    while (!this.ended) {
      const found = this.frame();
      if (found === undefined) break;
      this.nextAt = found.end;
      if (found.offset < this.wantedAt) continue;
      this.waitingAt = found.offset;
      const packet = Packet.from(found.bytes.subarray(0, 9216));
      packet.timestampSeconds = Number(found.timestamp / 1_000_000_000n) >>> 0;
      packet.timestampNanoseconds = Number(found.timestamp % 1_000_000_000n);
      const time = microseconds(packet);
      this.bound(time);
      if (time < this.from!) continue;
      if (this.to !== undefined && time >= this.to) break;
      if (this.config.sample < 1 && this.host.random() / 2 ** 32 >= this.config.sample) continue;
      if (!this.config.force_ip) {
        packet.markMacHeader(0);
        return packet;
      }
      if (becomesIp(packet, found.linkBytes ?? 14)) return packet;
      if (this.host.outputs.length > 1) {
        this.emittedAt = found.offset;
        this.host.emit(1, packet);
      }
    }
    this.end();
    return undefined;
  }

  private frame(): FileFrame | undefined {
    try {
      const next = this.frames!.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.host.message(`${this.config.filename}: ${whyNot(error)}`);
      return undefined;
    }
  }

  /** What START and the others come to, once the first packet is known. */
  private bound(time: number): void {
    if (this.from !== undefined) return;
    const { start, start_after: startAfter, end, end_after: endAfter, interval } = this.config;
    this.from = start ?? (startAfter === undefined ? 0 : time + startAfter);
    this.to = end ?? (endAfter !== undefined ? time + endAfter : interval !== undefined ? Math.max(this.from, time) + interval : undefined);
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    const { end_call: call, stop } = this.config;
    if (call !== '') this.host.write(call);
    else if (stop) this.host.adjustRunCount(-1);
  }
}

const microseconds = (packet: Packet): number => packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000);

function* again<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

/** Takes the link's header off an IPv4 packet, a VLAN tag with it, and marks its headers; false: it is none. */
function becomesIp(packet: Packet, linkBytes: number): boolean {
  const data = packet.data();
  const type = (at: number) => (data[at] ?? 0) * 256 + (data[at + 1] ?? 0);
  const at = type(linkBytes - 2) === 0x8100 ? linkBytes + 4 : linkBytes;
  const header = ((data[at] ?? 0) & 15) * 4;
  if (type(at - 2) !== 0x0800 || (data[at] ?? 0) >>> 4 !== 4 || header < 20 || data.length < at + header) return false;
  packet.markMacHeader(0);
  packet.markNetworkHeader(at);
  packet.markTransportHeader(at + header);
  packet.destinationAddress = (type(at + 16) * 65_536 + type(at + 18)) >>> 0;
  packet.strip(at);
  return true;
}

const time = (doc: string) => duration({ required: false, keyword: true, doc });

/** The element of that name; `more`: arguments besides those that all have. */
export function frameFile(name: string, readFrames: FrameReader, more: ConfigSpec = {}) {
  return defineElement({
    name,
    config: {
      filename: text({ doc: 'The file.' }),
      timing: bool({ default: false, doc: 'Whether packets come with the time between them that they were captured with.' }),
      stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
      active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
      sample: real({ default: 1, min: 0, max: 1, keyword: true, doc: 'The share of packets that are let out.' }),
      force_ip: bool({ default: false, keyword: true, doc: 'Whether only IPv4 packets are let out, as such.' }),
      start: time('Time stamp of the first packet that is let out, in seconds since 1970.'),
      start_after: time('Seconds after the first packet of the file.'),
      end: time('Time stamp of the first packet that is not let out any more.'),
      end_after: time('Seconds after the first packet of the file.'),
      interval: time('Seconds after the first packet that is let out.'),
      end_call: text({ default: '', keyword: true, doc: 'Handler that is written at the end: ELEMENT.HANDLER VALUE.' }),
      per_node: bool({ default: false, keyword: true, doc: 'Without effect: there is one thread.' }),
      filepos: integer({ default: 0, min: 0, max: 0xffff_ffff, keyword: true, doc: 'The byte of the file from which on records are let out.' }),
      ...more,
    },
    ports: { outputs: many('Packets; by a second one, with FORCE_IP, frames that are no IPv4 packets.', { min: 1, max: 2 }) },
    control: { reason: 'reads a file, which an appliance does not have', start: (host) => new FrameFile(host, readFrames) },
  });
}
