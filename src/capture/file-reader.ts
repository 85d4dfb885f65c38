/** Reads a file front to back in large pieces, so that captures of any size fit in little memory; compressed ones as what they hold. */
import { closeSync, readSync } from 'node:fs';
import { openUncompressed } from './open-uncompressed.js';

const PIECE_BYTES = 1 << 20;
const STANDARD_INPUT = 0;

export class FileReader {
  private readonly descriptor: number;
  private buffer = Buffer.alloc(0);
  private start = 0;
  private ended = false;
  /** Bytes taken so far. */
  position = 0;

  /** `-` is standard input. */
  constructor(readonly file: string) {
    this.descriptor = file === '-' ? STANDARD_INPUT : openUncompressed(file);
  }

  /** The next `count` bytes, or fewer at the end of the file. Valid until the next call. */
  take(count: number): Buffer {
    while (this.buffer.length - this.start < count && !this.ended) this.fill(count);
    const piece = this.buffer.subarray(this.start, Math.min(this.start + count, this.buffer.length));
    this.start += piece.length;
    this.position += piece.length;
    return piece;
  }

  /** All that is left. */
  rest(): Buffer {
    while (!this.ended) this.fill(0);
    return this.take(this.buffer.length - this.start);
  }

  close(): void {
    if (this.descriptor !== STANDARD_INPUT) closeSync(this.descriptor);
  }

  private fill(wanted: number): void {
    const rest = this.buffer.subarray(this.start);
    const room = Buffer.allocUnsafe(Math.max(PIECE_BYTES, wanted));
    const length = readSync(this.descriptor, room, 0, room.length, null);
    this.ended = length === 0;
    this.buffer = Buffer.concat([rest, room.subarray(0, length)]);
    this.start = 0;
  }
}

/** All bytes of a file, as FileReader gives them. */
export function readWhole(file: string): Buffer {
  const reader = new FileReader(file);
  try {
    return reader.rest();
  } finally {
    reader.close();
  }
}
