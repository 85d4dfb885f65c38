/** Writes captures: classic pcap, little-endian, nanoseconds, Ethernet. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { LINKTYPE_ETHERNET } from './frame.js';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const SNAP_LENGTH = 262_144;
const BUFFER_BYTES = 1 << 18;

export class CaptureWriter {
  private readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private used = 0;
  frames = 0;

  constructor(readonly file: string) {
    this.descriptor = openSync(file, 'w');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAP_LENGTH, 16);
    header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
    this.put(header);
  }

  /** Appends a frame; `timestamp` is in nanoseconds since 1970. */
  write(timestamp: bigint, bytes: Uint8Array): void {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(Number(BigInt.asUintN(32, timestamp / 1_000_000_000n)), 0);
    head.writeUInt32LE(Number(timestamp % 1_000_000_000n), 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    this.put(head);
    this.put(bytes);
    this.frames += 1;
  }

  /** Hands everything to the operating system. Throws what that answers, such as ENOSPC. */
  flush(): void {
    for (let at = 0; at < this.used; ) at += writeSync(this.descriptor, this.buffer, at, this.used - at);
    this.used = 0;
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.descriptor);
    }
  }

  private put(bytes: Uint8Array): void {
    if (this.used + bytes.length > this.buffer.length) this.flush();
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }
}
