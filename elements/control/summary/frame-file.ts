/** Readers of files of frames: captures, traces. One class of elements differs from another in how its file is read. */
import { bool, defineElement, duration, EMPTY_SCOPE, filename, HandlerError, integer, integerValue, many, Packet, text, type BuildContext, type ConfigSpec, type ControlHandler, type ControlHost, type ControlPart, type HostFrame } from 'wirelet';
import { readFormula, type Formula } from './formula.js';
import { canonicalLink, ETHERNET_LINK, ipOffset, linkName, mayHoldIp, RAW_LINK } from './link-type.js';
import { whyNot } from './output-file.js';
import { activeHandler, fileHandlers, sampleHandler, shownName, stopHandler, type Reading } from './reader-handlers.js';
import { u32 } from './summarized.js';
import { sampleArgument, share, warnOfSample } from './sample.js';

/** What a packet can hold. */
const BYTES_MAX = 9216;
/** Microseconds between two questions how fast packets come. */
const FORMULA_US = 1000;
/** Where the annotation lies that counts bytes which were there but are not kept. */
const EXTRA_LENGTH = 28;
const [IPV4_BYTES, IPV6_BYTES] = [20, 40];

/** Frames of a file that is opened, and their link type, if the file says it before the first of them. */
export interface FrameSource {
  readonly frames: Iterable<HostFrame>;
  readonly link?: number | undefined;
}

/** `isAgain`: the file was open before. */
export type FrameReader = (host: ControlHost, file: string, isAgain: boolean) => FrameSource;

/** How a class of readers differs from FromDump. */
export interface FrameFileClass {
  readonly name: string;
  readonly read: FrameReader;
  /** The argument TIMING, where it has a place of its own; else it is a keyword. */
  readonly timed?: boolean;
  /** Arguments besides those that all have. */
  readonly more?: ConfigSpec;
  /** Handlers that only FromDump has, without those that this one has, too. */
  readonly lacks?: readonly string[];
  /** What its frames begin with, if that is always the same. */
  readonly encap?: string;
  /** Whether FORCE_IP is always on. */
  readonly isIp?: boolean;
  /** Whether packets with IP options are sorted out with those that are none of IP. */
  readonly withoutOptions?: boolean;
  /** Whether FORCE_IP and TIMING exclude each other. */
  readonly isExclusive?: boolean;
  /** Whether it reads one packet ahead: the first behind the end then waits, and time is that of the first packet that is let out. */
  readonly readsAhead?: boolean;
  readonly build?: (context: BuildContext<any>) => unknown;
}

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
  readonly filepos?: number;
  readonly acceleration?: number;
  readonly burst?: number;
  readonly timing_fnt?: string;
}

/** Where a reader is in its file. */
interface Place {
  readonly file: string;
  readonly frames: Iterator<HostFrame> | undefined;
  readonly waiting: Packet | undefined;
  readonly waitingLink: number;
  readonly place: number;
  readonly nextAt: number;
  readonly link: number | undefined;
  readonly linkVaries: boolean;
}

class FrameFile implements ControlPart, Reading {
  private frames: Iterator<HostFrame> | undefined;
  /** The next packet, and what it begins with. */
  private waiting: Packet | undefined;
  private waitingLink: number = ETHERNET_LINK;
  /** Where the record begins that was read last, and the one behind it; from where on records are let out. */
  private place = 0;
  private nextAt = 0;
  private wantedAt: number;
  active: boolean;
  private count = 0;
  private ended = false;
  /** With TIMING: the time of a packet and of the run, in microseconds, from which both go on, and whether the next packet that is read does not say it. */
  private anchor: { readonly packet: number; readonly run: number } | undefined;
  private isTimed = false;
  /** How fast packets come, in percent; with a formula for it, when the run began to count, and when the formula was asked last, since the anchor. */
  private speed: number;
  private readonly formula: Formula | undefined;
  private begunAt = 0;
  private askedAt = 0;
  /** Times of the first packet that is let out, and of the first that is not any more, in microseconds; whether that still holds. */
  private from: number | undefined;
  private to = 0;
  private isBounded: boolean;
  private link: number | undefined = ETHERNET_LINK;
  /** Whether every frame says what it begins with. */
  private linkVaries = false;
  private forcesIp: boolean;
  private readonly config: Config;
  readonly handlers;

  constructor(private readonly host: ControlHost, private readonly kind: FrameFileClass) {
    const config = host.config as Config & { active: boolean };
    this.config = config;
    this.active = config.active;
    this.speed = config.acceleration ?? 100;
    this.formula = (config.timing_fnt ?? '') === '' ? undefined : readFormula(config.timing_fnt!);
    this.wantedAt = config.filepos ?? 0;
    this.forcesIp = kind.isIp ?? config.force_ip;
    this.isBounded = isGiven(config.end) || isGiven(config.end_after) || isGiven(config.interval);
    const files = fileHandlers(host, config.filename, () => this.nextAt);
    const handlers: Record<string, ControlHandler> = {
      ...files,
      filepos: { ...files.filepos!, write: (value: string) => this.goTo(value) },
      ...sampleHandler(config.sample),
      ...activeHandler(host, this),
      encap: { read: () => kind.encap ?? (this.link === undefined ? '<none>' : linkName(this.link)) },
      ...stopHandler(host, this),
      packet_filepos: { read: () => String(this.place) },
      extend_interval: { write: (value: string) => this.extend(value) },
      count: { read: () => String(this.count) },
      reset_counts: { write: () => void (this.count = 0) },
      reset_timing: { write: () => void (this.isTimed = false) },
    };
    for (const name of kind.lacks ?? []) delete handlers[name];
    if (kind.lacks?.includes('filepos') === true) handlers.filepos = files.filepos!;
    this.handlers = handlers;
  }

  begin(): string | undefined {
    const file = shownName(this.config.filename);
    try {
      // What comes next from there is not read before `takeOver`.
      if (!this.goOn()) this.open();
    } catch (error) {
      return `${file}: ${whyNot(error)}`;
    }
    if (this.kind.isExclusive === true && this.forcesIp && this.config.timing) return 'FORCE_IP and TIMING options are incompatible';
    if (this.linkVaries || this.link === undefined) return undefined;
    if (this.forcesIp && !mayHoldIp(this.link)) return `${file}: unknown linktype ${this.link}; can't force IP packets`;
    if (this.link === RAW_LINK) this.forcesIp = true;
    return undefined;
  }

  /** Goes on where another one is in the same file; whether there is such a one. */
  private goOn(): boolean {
    const offer = (this.host.offered as (() => Place) | undefined)?.();
    if (offer?.file !== this.config.filename) return false;
    const { frames, waiting, waitingLink, place, nextAt, link, linkVaries } = offer;
    Object.assign(this, { frames, waiting, waitingLink, place, nextAt, link, linkVaries });
    return true;
  }

  /** Where it is in its file, for one that reads the same. */
  offer(): () => Place {
    return () => {
      const { frames, waiting, waitingLink, place, nextAt, link, linkVaries } = this;
      return { file: this.config.filename, frames, waiting, waitingLink, place, nextAt, link, linkVaries };
    };
  }

  takeOver(): void {
    this.goOn();
  }

  private open(): void {
    const source = this.kind.read(this.host, this.config.filename, this.frames !== undefined);
    const frames = source.frames[Symbol.iterator]();
    const first = frames.next();
    this.linkVaries = source.link === undefined;
    const link = source.link ?? (first.done === true ? undefined : first.value.link);
    this.link = link === undefined ? undefined : canonicalLink(link);
    this.frames = first.done === true ? frames : again(first.value, frames);
    this.nextAt = this.wantedAt > 0 ? this.wantedAt : first.done === true ? 0 : first.value.offset;
  }

  /** Goes on with the first record at this place of the file, or behind it; a packet that waits comes before. */
  private goTo(value: string): void {
    let place: number;
    try {
      place = integerValue(value, 0, Number.MAX_SAFE_INTEGER);
    } catch {
      throw new HandlerError('argument must be file offset');
    }
    this.wantedAt = place;
    try {
      this.open();
    } catch (error) {
      throw new HandlerError(`${this.config.filename}: ${whyNot(error)}`);
    }
  }

  begun(): void {
    this.ended = false;
  }

  /** Puts the end off; what rested because of it goes on. */
  private extend(value: string): void {
    const more = time('').parse(value.trim(), EMPTY_SCOPE);
    if ('error' in more || more.value === undefined) throw new HandlerError("'extend_interval' takes a time interval");
    this.to += more.value;
    if (this.endCall === undefined) return;
    this.isBounded = true;
    this.active = true;
    this.begun();
    this.host.wake();
  }

  run(): boolean {
    if (this.host.pulled(0)) return false;
    let worked = false;
    for (let more = this.config.burst ?? 0; more >= 0; more -= 1) {
      const packet = this.take();
      if (packet === undefined) break;
      worked = true;
      this.host.emit(0, packet);
    }
    return worked;
  }

  pull(port: number): Packet | null {
    return port === 0 ? (this.take() ?? null) : null;
  }

  timer(): void {
    this.host.wake();
  }

  private take(): Packet | undefined {
    for (;;) {
      if (!this.active) return undefined;
      const packet = this.waiting ?? this.read();
      if (packet === undefined) return undefined;
      this.waiting = packet;
      if (!this.isDue(packet)) return undefined;
      this.waiting = undefined;
      if (!this.forcesIp || (becomesIp(packet, this.waitingLink) && !(this.kind.withoutOptions === true && packet.transportHeaderOffset - packet.networkHeaderOffset !== IPV4_BYTES))) {
        this.count += 1;
        return packet;
      }
      if (this.host.outputs.length > 1) this.host.emit(1, packet);
    }
  }

  private isDue(packet: Packet): boolean {
    if (!this.config.timing) return true;
    const time = microseconds(packet);
    this.anchor ??= { packet: time, run: this.host.microseconds };
    const due = this.anchor.run + Math.trunc(((time - this.anchor.packet) * 100) / this.speed);
    if (due <= this.host.microseconds) {
      if (this.formula !== undefined) this.changeSpeed(this.formula, time, this.host.microseconds - this.anchor.run);
      return true;
    }
    this.host.setTimer(due);
    return false;
  }

  private beginTime(time: number): void {
    this.begunAt = this.host.microseconds;
    this.anchor = { packet: time, run: this.begunAt };
    this.askedAt = 0;
    if (this.formula !== undefined) this.speed = Math.max(1, Math.trunc(this.formula(0)) || 0);
  }

  /** Asks the formula, now and then, how fast packets come; 0 is the end. */
  private changeSpeed(formula: Formula, time: number, elapsed: number): void {
    if (elapsed - this.askedAt <= FORMULA_US) return;
    this.askedAt = elapsed;
    const value = formula((this.host.microseconds - this.begunAt) / 1e6);
    const speed = Math.max(0, Math.trunc(value) || 0);
    if (speed === this.speed) return;
    this.host.message(`Current accel ${value.toFixed(6)}`);
    this.speed = Math.max(1, speed);
    this.anchor = { packet: time, run: this.host.microseconds };
    this.askedAt = 0;
    if (speed > 0) return;
    this.active = false;
    this.host.adjustRunCount(-1);
  }

  private read(): Packet | undefined {
    while (!this.ended) {
      this.place = this.nextAt;
      const found = this.frame();
      if (found === undefined) break;
      if (found.offset < this.wantedAt) continue;
      this.place = found.offset;
      this.nextAt = found.end;
      const packet = packetOf(found);
      const time = microseconds(packet);
      this.bound(time);
      if (this.config.timing && !this.isTimed && this.kind.readsAhead !== true) this.beginTime(time);
      this.isTimed = true;
      if (time < this.from!) continue;
      // Whoever is told of the end may put it off.
      while (this.isBounded && time >= this.to) {
        this.isBounded = false;
        this.tellEnd();
      }
      // It rests: that is an end, too.
      if (!this.active && this.kind.readsAhead !== true) break;
      if (this.config.sample < 1 && this.host.random() / 2 ** 32 >= share(this.config.sample)) continue;
      this.waitingLink = canonicalLink(found.link);
      if (this.linkVaries) this.link = this.waitingLink;
      if (this.active) return packet;
      this.waiting = packet;
      break;
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
      const why = whyNot(error);
      // A record that is cut off is the end, as for Click.
      if (why !== '') this.host.message(`${shownName(this.config.filename)}: ${why}`);
      return undefined;
    }
  }

  /** What START and the others come to, once the first packet is known. */
  private bound(time: number): void {
    if (this.from !== undefined) return;
    const { start, start_after: startAfter, end, end_after: endAfter, interval } = this.config;
    this.from = isGiven(start) ? start! : isGiven(startAfter) ? time + startAfter! : 0;
    const base = this.from === 0 ? time : this.from;
    this.to += isGiven(end) ? end! : isGiven(endAfter) ? time + endAfter! : isGiven(interval) ? base + interval! : 0;
  }

  /** What is written at the end; undefined: nothing. */
  private get endCall(): 'stop' | 'rest' | 'call' | undefined {
    const { end_call: call, stop, end, end_after: endAfter, interval } = this.config;
    if (call !== '') return 'call';
    return stop ? 'stop' : isGiven(end) || isGiven(endAfter) || isGiven(interval) ? 'rest' : undefined;
  }

  /** The file is over, or the time of the last packet is reached. */
  private tellEnd(): void {
    const call = this.endCall;
    if (call === 'call') return void this.host.write(this.config.end_call);
    if (call !== undefined) this.active = false;
    if (call === 'stop') this.host.adjustRunCount(-1);
  }
}

/** Click takes a time of 0 for none. */
const isGiven = (value: number | undefined): boolean => value !== undefined && value !== 0;

const microseconds = (packet: Packet): number => packet.timestampSeconds * 1e6 + Math.trunc(packet.timestampNanoseconds / 1000);

function* again<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

function packetOf(frame: HostFrame): Packet {
  const packet = Packet.from(frame.bytes.subarray(0, BYTES_MAX));
  packet.timestampSeconds = Number(frame.timestamp / 1_000_000_000n) >>> 0;
  packet.timestampNanoseconds = Number(frame.timestamp % 1_000_000_000n);
  packet.setAnnotationU32(EXTRA_LENGTH, (frame.wireLength - packet.length) >>> 0);
  if (frame.paint !== undefined) packet.paint = frame.paint;
  if (canonicalLink(frame.link) === RAW_LINK) packet.markNetworkHeader(0);
  else packet.markMacHeader(0);
  return packet;
}

/** Marks the headers of an IP packet behind that of the link; false: it is none. */
function becomesIp(packet: Packet, link: number): boolean {
  const data = packet.data();
  const at = ipOffset(data, link);
  if (at === undefined || data.length < at + IPV4_BYTES) return false;
  const version = data[at]! >>> 4;
  const header = version === 4 ? (data[at]! & 15) * 4 : IPV6_BYTES;
  if ((version !== 4 && version !== 6) || header < IPV4_BYTES || data.length < at + header) return false;
  packet.markNetworkHeader(at);
  packet.markTransportHeader(at + header);
  if (version === 4) packet.destinationAddress = u32(data, at + 16);
  return true;
}

const time = (doc: string) => duration({ required: false, keyword: true, doc });

/** An element that reads frames. */
export function frameFile(kind: FrameFileClass) {
  const { name, timed = false, more = {}, lacks = [], build: buildMore } = kind;
  return defineElement({
    name,
    config: {
      filename: filename({ doc: 'The file.' }),
      timing: bool({ default: false, keyword: !timed, doc: 'Whether packets come with the time between them that they were captured with.' }),
      stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
      active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
      sample: sampleArgument('The share of packets that are let out.'),
      force_ip: bool({ default: false, keyword: true, doc: kind.isIp === true ? 'Without effect: packets are IP.' : 'Whether only IP packets leave by the first output, their headers marked.' }),
      start: time('Time stamp of the first packet that is let out, in seconds since 1970.'),
      start_after: time('Seconds after the first packet of the file.'),
      end: time('Time stamp of the first packet that is not let out any more.'),
      end_after: time('Seconds after the first packet of the file.'),
      interval: time('Seconds after the first packet that is let out.'),
      end_call: text({ default: '', keyword: true, doc: 'Handler that is written at the end: ELEMENT.HANDLER VALUE.' }),
      mmap: { ...bool({ default: false, keyword: true, doc: 'Without effect: how the file is read.' }), foremost: true },
      ...(lacks.includes('packet_filepos') ? {} : { filepos: integer({ default: 0, min: 0, max: 0xffff_ffff, keyword: true, doc: 'The byte of the file from which on records are let out.' }) }),
      ...more,
    },
    ports: { outputs: many('Packets; by a second one, with FORCE_IP, frames that are no IP packets.', { min: 1, max: 2 }) },
    calls: (config: any) => [{ call: config.end_call as string, argument: 'END_CALL' }],
    build(context) {
      const { config, fail, warn } = context;
      warnOfSample(config.sample as number, warn);
      const given = (...values: unknown[]) => values.filter((value) => value !== undefined && value !== 0 && value !== '' && value !== false).length;
      const exclude = (names: string) => fail(`${names} are mutually exclusive`);
      if (given(config.start, config.start_after) > 1) return exclude(lacks.includes('packet_filepos') ? "'START' and 'START_AFTER'" : 'START and START_AFTER');
      if (given(config.end, config.end_after, config.interval) > 1) return exclude('END, END_AFTER, and INTERVAL');
      if (given(config.stop, config.end_call) > 1) return exclude('END_CALL and STOP');
      return buildMore?.(context);
    },
    control: { reason: 'reads a file, which an appliance does not have', start: (host) => new FrameFile(host, kind) },
  });
}
