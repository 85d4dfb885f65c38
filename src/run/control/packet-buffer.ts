/** Frames on their way to whoever looks at them, as bytes: for each its time, length, edge, and what is kept of it. */
import type { TappedFrame } from './tapped-frame.js';

/** Frames that nobody fetches pile up to this. */
const BUFFER_BYTES_MAX = 8 * 2 ** 20;
const HEAD_BYTES = 20;

export interface BufferedFrame extends TappedFrame {
  /** The edge's number in the list that was asked for. */
  readonly edge: number;
}

export class PacketBuffer {
  private pieces: Uint8Array[] = [];
  private bytes = 0;

  /** False when there is no room. */
  add(edge: number, { timestamp, length, bytes }: TappedFrame, most: number): boolean {
    const kept = bytes.subarray(0, most);
    if (this.bytes + HEAD_BYTES + kept.length > BUFFER_BYTES_MAX) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeBigUInt64LE(timestamp, 0);
    head.writeUInt32LE(length, 8);
    head.writeUInt32LE(edge, 12);
    head.writeUInt32LE(kept.length, 16);
    this.pieces.push(head, Uint8Array.from(kept));
    this.bytes += HEAD_BYTES + kept.length;
    return true;
  }

  /** What is there, which leaves this one empty. */
  take(): PacketBuffer {
    const taken = new PacketBuffer();
    [taken.pieces, taken.bytes, this.pieces, this.bytes] = [this.pieces, this.bytes, [], 0];
    return taken;
  }

  pack(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** The frames of `PacketBuffer.pack`. */
export function* unpackFrames(packed: Buffer): Generator<BufferedFrame> {
  for (let at = 0; at + HEAD_BYTES <= packed.length; ) {
    const kept = packed.readUInt32LE(at + 16);
    const bytes = new Uint8Array(packed.subarray(at + HEAD_BYTES, at + HEAD_BYTES + kept));
    yield { timestamp: packed.readBigUInt64LE(at), length: packed.readUInt32LE(at + 8), edge: packed.readUInt32LE(at + 12), bytes };
    at += HEAD_BYTES + kept;
  }
}
