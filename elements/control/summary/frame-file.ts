/** Readers of files of frames: captures, traces. One class of elements differs from another in how its file is read. */
import { bool, defineElement, duration, EMPTY_SCOPE, HandlerError, integer, integerValue, many, Packet, text, type ConfigSpec, type ControlHost, type ControlPart, type HostFrame } from 'wirelet';
import { canonicalLink, ETHERNET_LINK, ipOffset, linkName, mayHoldIp, RAW_LINK } from './link-type.js';
import { whyNot } from './output-file.js';
import { readerHandlers, shownName, type Reading } from './reader-handlers.js';
import { u32 } from './summarized.js';
import { sampleArgument, share, warnOfSample } from './sample.js';

/** What a packet can hold. */
const BYTES_MAX = 9216;
/** Where the annotation lies that counts bytes which were there but are not kept. */
const EXTRA_LENGTH = 28;
const IPV6_BYTES = 40;

/** Frames of a file that is opened, and their link type, if the file says it before the first of them. */
export interface FrameSource {
  readonly frames: Iterable<HostFrame>;
  readonly link?: number | undefined;
}

export type FrameReader = (host: ControlHost, file: string) => FrameSource;

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
  private frames: Iterator<HostFrame> | undefined;
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
  /** Times of the first packet that is let out, and of the first that is not any more, in microseconds; whether that still holds. */
  private from: number | undefined;
  private to = 0;
  private isBounded: boolean;
  private link: number = ETHERNET_LINK;
  private forcesIp: boolean;
  private readonly config: Config;
  readonly handlers;

  constructor(private readonly host: ControlHost, private readonly readFrames: FrameReader) {
    const config = host.config as Config & { active: boolean };
    this.config = config;
    this.active = config.active;
    this.wantedAt = config.filepos;
    this.forcesIp = config.force_ip;
    this.isBounded = config.end !== undefined || config.end_after !== undefined || config.interval !== undefined;
    this.handlers = {
      count: { read: () => String(this.count) },
      reset_counts: { write: () => void (this.count = 0) },
      reset_timing: { write: () => void (this.shift = undefined) },
      extend_interval: { write: (value: string) => this.extend(value) },
      filepos: { read: () => String(this.waiting === undefined ? this.nextAt : this.waitingAt), write: (value: string) => this.goTo(integerValue(value, 0, Number.MAX_SAFE_INTEGER)) },
      packet_filepos: { read: () => String(this.emittedAt) },
      ...readerHandlers(host, this, config, () => linkName(this.link)),
    };
  }

  begin(): string | undefined {
    const file = shownName(this.config.filename);
    try {
      this.open();
    } catch (error) {
      return `${file}: ${whyNot(error)}`;
    }
    if (this.forcesIp && !mayHoldIp(this.link)) return `${file}: unknown linktype ${this.link}; can't force IP packets`;
    if (this.link === RAW_LINK) this.forcesIp = true;
    return undefined;
  }

  private open(): void {
    const source = this.readFrames(this.host, this.config.filename);
    const frames = source.frames[Symbol.iterator]();
    const first = frames.next();
    this.link = canonicalLink(source.link ?? (first.done === true ? ETHERNET_LINK : first.value.link));
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
    this.begun();
    this.host.wake();
  }

  begun(): void {
    this.ended = false;
  }

  /** Puts the end off; what rested because of it goes on. */
  private extend(value: string): void {
    const more = time('').parse(value.trim(), EMPTY_SCOPE);
    if ('error' in more || more.value === undefined) throw new HandlerError("'extend_interval' takes a time interval");
    this.to += more.value;
    const { end_call: call, stop, end, end_after: endAfter, interval } = this.config;
    if (call === '' && !stop && end === undefined && endAfter === undefined && interval === undefined) return;
    this.isBounded = true;
    this.active = true;
    this.begun();
    this.host.wake();
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
      const packet = packetOf(found);
      const time = microseconds(packet);
      this.bound(time);
      if (time < this.from!) continue;
      // Whoever is told of the end may put it off.
      while (this.isBounded && time >= this.to) {
        this.isBounded = false;
        this.tellEnd();
        if (!this.active) return undefined;
      }
      if (this.config.sample < 1 && this.host.random() / 2 ** 32 >= share(this.config.sample)) continue;
      if (!this.forcesIp || becomesIp(packet, canonicalLink(found.link))) return packet;
      if (this.host.outputs.length > 1) {
        this.emittedAt = found.offset;
        this.host.emit(1, packet);
      }
    }
    if (!this.ended) {
      this.ended = true;
      this.tellEnd();
    }
    return undefined;
  }

  private frame(): HostFrame | undefined {
    try {
      const next = this.frames!.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.host.message(`${shownName(this.config.filename)}: ${whyNot(error)}`);
      return undefined;
    }
  }

  /** What START and the others come to, once the first packet is known. */
  private bound(time: number): void {
    if (this.from !== undefined) return;
    const { start, start_after: startAfter, end, end_after: endAfter, interval } = this.config;
    this.from = start ?? (startAfter === undefined ? 0 : time + startAfter);
    this.to += end ?? (endAfter !== undefined ? time + endAfter : interval !== undefined ? (startAfter === undefined && start === undefined ? time : this.from) + interval : 0);
  }

  /** The file is over, or the time of the last packet is reached. */
  private tellEnd(): void {
    const { end_call: call, stop, end, end_after: endAfter, interval } = this.config;
    if (call !== '') return void this.host.write(call);
    if (stop || end !== undefined || endAfter !== undefined || interval !== undefined) this.active = false;
    if (stop) this.host.adjustRunCount(-1);
  }
}

const microseconds = (packet: Packet): number => packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000);

function* again<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

function packetOf(frame: HostFrame): Packet {
  const packet = Packet.from(frame.bytes.subarray(0, BYTES_MAX));
  packet.timestampSeconds = Number(frame.timestamp / 1_000_000_000n) >>> 0;
  packet.timestampNanoseconds = Number(frame.timestamp % 1_000_000_000n);
  packet.setAnnotationU32(EXTRA_LENGTH, Math.max(0, frame.wireLength - packet.length));
  if (canonicalLink(frame.link) === RAW_LINK) packet.markNetworkHeader(0);
  else packet.markMacHeader(0);
  return packet;
}

/** Marks the headers of an IP packet behind that of the link; false: it is none. */
function becomesIp(packet: Packet, link: number): boolean {
  const data = packet.data();
  const at = ipOffset(data, link);
  if (at === undefined || data.length < at + 20) return false;
  const version = data[at]! >>> 4;
  const header = version === 4 ? (data[at]! & 15) * 4 : IPV6_BYTES;
  if ((version !== 4 && version !== 6) || header < 20 || data.length < at + header) return false;
  packet.markNetworkHeader(at);
  packet.markTransportHeader(at + header);
  if (version === 4) packet.destinationAddress = u32(data, at + 16);
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
      sample: sampleArgument('The share of packets that are let out.'),
      force_ip: bool({ default: false, keyword: true, doc: 'Whether only IP packets leave by the first output, their headers marked.' }),
      start: time('Time stamp of the first packet that is let out, in seconds since 1970.'),
      start_after: time('Seconds after the first packet of the file.'),
      end: time('Time stamp of the first packet that is not let out any more.'),
      end_after: time('Seconds after the first packet of the file.'),
      interval: time('Seconds after the first packet that is let out.'),
      end_call: text({ default: '', keyword: true, doc: 'Handler that is written at the end: ELEMENT.HANDLER VALUE.' }),
      per_node: bool({ default: false, keyword: true, doc: 'Without effect: there is one thread.' }),
      filepos: integer({ default: 0, min: 0, max: 0xffff_ffff, keyword: true, doc: 'The byte of the file from which on records are let out.' }),
      mmap: bool({ default: false, keyword: true, doc: 'Without effect: how the file is read.' }),
      ...more,
    },
    ports: { outputs: many('Packets; by a second one, with FORCE_IP, frames that are no IP packets.', { min: 1, max: 2 }) },
    build({ config, fail, warn }) {
      warnOfSample(config.sample as number, warn);
      const given = (...values: unknown[]) => values.filter((value) => value !== undefined && value !== '' && value !== false).length;
      if (given(config.start, config.start_after) > 1) return fail('START and START_AFTER are mutually exclusive');
      if (given(config.end, config.end_after, config.interval) > 1) return fail('END, END_AFTER, and INTERVAL are mutually exclusive');
      if (given(config.stop, config.end_call) > 1) return fail('END_CALL and STOP are mutually exclusive');
      return undefined;
    },
    control: { reason: 'reads a file, which an appliance does not have', start: (host) => new FrameFile(host, readFrames) },
  });
}
