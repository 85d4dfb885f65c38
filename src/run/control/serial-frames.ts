/** Requests and replies as they go over a serial port (native/abi/wl_channel_abi.h), and what lies between them. */

/** WL_SERIAL_BEGIN: with it an identity begins, and text never has it. */
const SERIAL_BEGIN = 0xf5;
export const SERIAL_BYTES_MAX = 4032;
const FRAME_BYTES = 24;
const CHECK_BYTES = 4;

export interface SerialRequest {
  /** Identity of the image that is asked: eight bytes. */
  readonly image: Buffer;
  readonly kind: number;
  /** 16 bits; the reply has the same. */
  readonly number: number;
  readonly length: number;
  readonly offset: number;
  readonly bytes?: Uint8Array;
}

export interface SerialReply {
  readonly image: Buffer;
  readonly status: number;
  readonly number: number;
  /** What time it is there: nanoseconds since 1970. */
  readonly time: bigint;
  readonly bytes: Buffer;
}

export function packRequest({ image, kind, number, length, offset, bytes = new Uint8Array() }: SerialRequest): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES + bytes.length + CHECK_BYTES);
  image.copy(frame, 0, 0, 8);
  frame.writeUInt16LE(kind, 8);
  frame.writeUInt16LE(number, 10);
  frame.writeUInt32LE(length, 12);
  frame.writeBigUInt64LE(BigInt(offset), 16);
  frame.set(bytes, FRAME_BYTES);
  const end = FRAME_BYTES + bytes.length;
  frame.writeUInt32LE(checkOf(frame.subarray(0, end)), end);
  return frame;
}

/** FNV-1a of 32 bits. */
function checkOf(bytes: Uint8Array): number {
  let check = 0x811c9dc5;
  for (const byte of bytes) check = Math.imul(check ^ byte, 0x01000193);
  return check >>> 0;
}

/** Finds replies in what comes, whatever pieces it comes in. */
export class ReplyReader {
  private readonly frame = Buffer.alloc(FRAME_BYTES + SERIAL_BYTES_MAX + CHECK_BYTES);
  private length = 0;
  private zero = false;

  /** `noise`: takes bytes that are of no reply. */
  constructor(private readonly noise: (byte: number) => void) {}

  /** Replies that end in these bytes. */
  take(bytes: Uint8Array): SerialReply[] {
    const replies: SerialReply[] = [];
    for (const byte of bytes) {
      if (this.length === 0 && byte !== SERIAL_BEGIN) {
        this.noise(byte);
        continue;
      }
      if (this.zero) {
        // No run is empty: the byte that begins a frame stands for what was lost.
        this.zero = false;
        for (let count = 0; count < byte; count += 1) this.put(0);
      } else if (byte === 0) {
        this.zero = true;
      } else {
        this.put(byte);
      }
      const reply = this.whole();
      if (reply !== undefined) replies.push(reply);
    }
    return replies;
  }

  /** What has begun will not end. */
  forget(): void {
    this.length = 0;
    this.zero = false;
  }

  private put(byte: number): void {
    if (this.length < this.frame.length) this.frame[this.length] = byte;
    this.length += 1;
  }

  private whole(): SerialReply | undefined {
    const { frame } = this;
    if (this.length < FRAME_BYTES) return undefined;
    const length = frame.readUInt32LE(12);
    const end = FRAME_BYTES + length;
    if (length <= SERIAL_BYTES_MAX && this.length < end + CHECK_BYTES) return undefined;
    const right = this.length === end + CHECK_BYTES && frame.readUInt32LE(end) === checkOf(frame.subarray(0, end));
    this.forget();
    if (!right) return undefined;
    return { image: Buffer.from(frame.subarray(0, 8)), status: frame.readUInt16LE(8), number: frame.readUInt16LE(10), time: frame.readBigUInt64LE(16), bytes: Buffer.from(frame.subarray(FRAME_BYTES, end)) };
  }
}
