/** Writes pcapng: Ethernet, nanoseconds, with the names of interfaces, directions, and how many frames are missing. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { LINKTYPE_ETHERNET } from './frame.js';

/** Block types and options of the pcapng specification (draft-ietf-opsawg-pcapng). */
const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION = { name: 2, resolution: 9, flags: 2, dropped: 5, application: 4 } as const;
const NANOSECONDS = 9;
const STANDARD_OUTPUT = 1;

export interface PcapngInterface {
  readonly name: string;
}

export interface PcapngFrame {
  /** Index of its interface. */
  readonly interface: number;
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  /** Of the frame, of which `bytes` may be the beginning. */
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly direction?: 'in' | 'out';
}

export class PcapngWriter {
  private readonly descriptor: number;
  frames = 0;

  /** `-` is standard output. */
  constructor(file: string, interfaces: readonly PcapngInterface[], application: string, snapBytes: number) {
    this.descriptor = file === '-' ? STANDARD_OUTPUT : openSync(file, 'w');
    const section = Buffer.alloc(16);
    section.writeUInt32LE(BYTE_ORDER, 0);
    section.writeUInt16LE(1, 4);
    section.writeBigInt64LE(-1n, 8);
    this.block(SECTION, section, option(OPTION.application, Buffer.from(application)));
    for (const { name } of interfaces) {
      const body = Buffer.alloc(8);
      body.writeUInt16LE(LINKTYPE_ETHERNET, 0);
      body.writeUInt32LE(snapBytes, 4);
      this.block(INTERFACE, body, option(OPTION.name, Buffer.from(name)), option(OPTION.resolution, Buffer.of(NANOSECONDS)));
    }
  }

  write({ interface: index, timestamp, length, bytes, direction }: PcapngFrame): void {
    const body = Buffer.alloc(20);
    body.writeUInt32LE(index, 0);
    time(timestamp, body, 4);
    body.writeUInt32LE(bytes.length, 12);
    body.writeUInt32LE(length, 16);
    const flags = Buffer.alloc(4);
    flags.writeUInt32LE(direction === undefined ? 0 : direction === 'in' ? 1 : 2);
    this.block(PACKET, body, padded(bytes), ...(direction === undefined ? [] : [option(OPTION.flags, flags)]));
    this.frames += 1;
  }

  /** Ends the file; `dropped` frames are missing in it. */
  close(timestamp: bigint, dropped: number): void {
    try {
      const body = Buffer.alloc(12);
      time(timestamp, body, 4);
      const count = Buffer.alloc(8);
      count.writeBigUInt64LE(BigInt(dropped));
      this.block(STATISTICS, body, option(OPTION.dropped, count));
    } finally {
      if (this.descriptor !== STANDARD_OUTPUT) closeSync(this.descriptor);
    }
  }

  private block(type: number, ...parts: Uint8Array[]): void {
    // Options end with an empty one.
    const body = Buffer.concat([...parts, Buffer.alloc(type === PACKET && parts.length < 3 ? 0 : 4)]);
    const length = body.length + 12;
    const block = Buffer.alloc(length);
    block.writeUInt32LE(type, 0);
    block.writeUInt32LE(length, 4);
    body.copy(block, 8);
    block.writeUInt32LE(length, length - 4);
    for (let at = 0; at < length; ) at += writeSync(this.descriptor, block, at, length - at);
  }
}

function time(timestamp: bigint, into: Buffer, at: number): void {
  into.writeUInt32LE(Number(timestamp >> 32n), at);
  into.writeUInt32LE(Number(BigInt.asUintN(32, timestamp)), at + 4);
}

function option(code: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
