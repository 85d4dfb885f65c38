/** The way to the memory of an appliance that another VMM runs: it answers by its serial port (native/guest/wl_serial.h). */
import { HandlerError } from '../../kit/element.js';
import { refusalOf, type Channel } from './channel.js';
import { packRequest, ReplyReader, SERIAL_BYTES_MAX, type SerialReply } from './serial-frames.js';
import { LineClosed, type SerialLine } from './serial-line.js';

const CHANNEL_READ = 1;
const CHANNEL_WRITE = 2;
const STATUS_OTHER_IMAGE = 6;

/** The appliance looks at its port every 10 ms; a machine that is loaded, or emulated, may take its time. */
const ANSWER_MS_MAX = 1500;
/** As long as something comes the reply may take longer: so long at most. */
const REPLY_MS_MAX = 20_000;
/** All that is asked may be asked again: reads and writes mean the same twice. */
const ATTEMPTS = 3;

/** Places in struct wl_control. */
const STOP = 80;
const LOG_TAIL = 84;
const HOLD_QUEUE = 88;
const TAP_EDGES = 104;
const TAP_FRAME_BYTES = 112;
const HOLD_SILENT_MS = 116;
const STATE = 156;
const HELD = 184;
const HOLD_DONE = 188;
const STATE_RUNNING = 2;
const STOP_NOT = 0;
const STOP_HOLD = 2;
const DROP_LOOKS = 100;

/** Nobody answers, though there is somebody to ask. */
export class NoAnswer extends HandlerError {}

/** The appliance that answers is of another image. */
export class OtherImage extends HandlerError {
  constructor(readonly identity: Buffer) {
    super('the appliance that answers is of another image');
  }
}

export class SerialChannel implements Channel {
  private number = Math.floor(Math.random() * 0x10000);
  private readonly reader: ReplyReader;
  /** What the appliance's time was ahead of ours when it answered last, in nanoseconds. */
  private aheadNs = 0n;
  /** Ends what is held: the appliance itself counts from the last thing that it was asked, whatever that was. */
  private limit: NodeJS.Timeout | undefined;

  /** `identity`: of the image; `control`: offset of its control block; `noise`: takes bytes that are no answers. */
  constructor(
    private readonly line: SerialLine,
    private readonly identity: Buffer,
    private readonly control: number,
    noise: (byte: number) => void,
  ) {
    this.reader = new ReplyReader(noise);
  }

  /** Milliseconds that whoever is asked first has for an answer, since it may not be there yet. Throws NoAnswer, OtherImage. */
  greet(milliseconds: number): void {
    this.ask(CHANNEL_READ, this.control, 0, undefined, milliseconds, 1);
  }

  /** Microseconds since 1970, as the appliance sees it. */
  now(): number {
    return Math.floor((performance.timeOrigin + performance.now()) * 1000 + Number(this.aheadNs) / 1000);
  }

  read(offset: number, bytes: number): ArrayBuffer {
    const result = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += SERIAL_BYTES_MAX) {
      result.set(this.ask(CHANNEL_READ, offset + at, Math.min(SERIAL_BYTES_MAX, bytes - at)), at);
    }
    return result.buffer;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SERIAL_BYTES_MAX) {
      const piece = bytes.subarray(at, at + SERIAL_BYTES_MAX);
      this.ask(CHANNEL_WRITE, offset + at, piece.length, piece);
    }
  }

  hold(milliseconds: number): void {
    this.setWords(HOLD_SILENT_MS, milliseconds);
    this.setWords(STOP, STOP_HOLD);
    // It answers between two rounds, and is held when it answers the next time.
    const guest = new DataView(this.read(this.control + STATE, HELD + 4 - STATE));
    if (guest.getUint32(0, true) !== STATE_RUNNING) throw refusalOf(4);
    if (guest.getUint32(HELD - STATE, true) !== 1) throw refusalOf(3);
    clearTimeout(this.limit);
    this.limit = setTimeout(() => this.letGo(), milliseconds).unref();
  }

  /** Nobody holds it any more, or looks at its frames: who did may be gone. */
  begin(): void {
    this.letGo();
    this.tap(0n, 0);
  }

  private letGo(): void {
    try {
      this.release();
    } catch (error) {
      if (!(error instanceof HandlerError)) throw error;
    }
  }

  release(): void {
    clearTimeout(this.limit);
    const held = this.word(STOP) === STOP_HOLD;
    if (held) this.setWords(STOP, STOP_NOT);
    else throw refusalOf(2);
  }

  drop(offset: number, count: number): void {
    const number = (this.word(HOLD_DONE) + 1) >>> 0;
    const address = this.addressOf(offset);
    this.setWords(HOLD_QUEUE, Number(address & 0xffff_ffffn), Number(address >> 32n), count, number);
    for (let look = 0; this.word(HOLD_DONE) !== number; look += 1) if (look === DROP_LOOKS) throw refusalOf(3);
  }

  tap(edges: bigint, frameBytes: number): void {
    this.setWords(TAP_FRAME_BYTES, frameBytes);
    const words = Buffer.alloc(8);
    words.writeBigUInt64LE(BigInt.asUintN(64, edges));
    this.write(this.control + TAP_EDGES, words);
  }

  /** The log was read up to there. */
  readLog(tail: number): void {
    this.setWords(LOG_TAIL, tail);
  }

  /** Takes what comes without being asked for. Throws LineClosed. */
  listen(): void {
    for (let bytes = this.line.receive(0); bytes.length > 0; bytes = this.line.receive(0)) this.reader.take(bytes);
  }

  close(): void {
    clearTimeout(this.limit);
    this.line.close();
  }

  /** Images are linked where they run: WL_IMAGE_BASE. */
  private addressOf(offset: number): bigint {
    return BigInt(offset) + 0x100000n;
  }

  private word(place: number): number {
    return new DataView(this.read(this.control + place, 4)).getUint32(0, true);
  }

  private setWords(place: number, ...words: readonly number[]): void {
    this.write(this.control + place, new Uint8Array(Uint32Array.from(words).buffer));
  }

  private ask(kind: number, offset: number, length: number, bytes?: Uint8Array, milliseconds = ANSWER_MS_MAX, attempts = ATTEMPTS): Buffer {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      this.number = (this.number + 1) & 0xffff;
      const reply = this.exchange(packRequest({ image: this.identity, kind, number: this.number, length, offset, ...(bytes === undefined ? {} : { bytes }) }), milliseconds);
      if (reply === undefined) continue;
      if (reply.status === STATUS_OTHER_IMAGE) throw new OtherImage(reply.image);
      this.aheadNs = reply.time - BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
      if (reply.status !== 0) throw refusalOf(reply.status);
      return reply.bytes;
    }
    throw new NoAnswer('nobody answers at the serial port');
  }

  private exchange(request: Buffer, milliseconds: number): SerialReply | undefined {
    const last = performance.now() + REPLY_MS_MAX;
    try {
      this.line.send(request, milliseconds);
      for (let end = performance.now() + milliseconds; performance.now() < Math.min(end, last); ) {
        const bytes = this.line.receive(Math.max(1, Math.ceil(end - performance.now())));
        const reply = this.reader.take(bytes).find(({ number }) => number === this.number);
        if (reply !== undefined) return reply;
        if (bytes.length > 0) end = performance.now() + milliseconds;
      }
    } catch (error) {
      if (error instanceof LineClosed) throw new HandlerError(`the serial port is gone: ${error.message}`);
      throw error;
    }
    this.reader.forget();
    return undefined;
  }
}
