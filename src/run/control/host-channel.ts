/** The way to the memory of an appliance that our own host runs, by a socket that the host was given. See native/abi/wl_channel_abi.h. */
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { nativeFile } from '../../native-files.js';
import { refusalOf, type Channel } from './channel.js';

const CHANNEL_BYTES_MAX = 0x10000;
const CHANNEL_READ = 1;
const CHANNEL_WRITE = 2;
const CHANNEL_HOLD = 3;
const CHANNEL_RELEASE = 4;
const CHANNEL_DROP = 5;
const CHANNEL_TAP = 6;

const REQUEST_BYTES = 16;
const REPLY_BYTES = 8;
/** The host answers in microseconds; one that has died does not answer at all. */
const ANSWER_MS_MAX = 5000;

interface Addon {
  socketPair(): [number, number];
  exchange(descriptor: number, request: Buffer, milliseconds: number): Buffer | undefined;
}

let addon: Addon | undefined;

export class HostChannel implements Channel {
  /** For the host of the appliance: to be handed to it, or closed here once it has its copy. */
  readonly hostDescriptor: number;
  private readonly descriptor: number;
  private open = true;
  private hostOpen = true;

  constructor() {
    addon ??= createRequire(import.meta.url)(nativeFile('wirelet.node')) as Addon;
    [this.descriptor, this.hostDescriptor] = addon.socketPair();
  }

  read(offset: number, bytes: number): ArrayBuffer {
    const result = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += CHANNEL_BYTES_MAX) {
      result.set(this.exchange(CHANNEL_READ, Math.min(CHANNEL_BYTES_MAX, bytes - at), offset + at), at);
    }
    return result.buffer;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += CHANNEL_BYTES_MAX) {
      const piece = bytes.subarray(at, at + CHANNEL_BYTES_MAX);
      this.exchange(CHANNEL_WRITE, piece.length, offset + at, piece);
    }
  }

  hold(milliseconds: number): void {
    this.exchange(CHANNEL_HOLD, milliseconds, 0);
  }

  release(): void {
    this.exchange(CHANNEL_RELEASE, 0, 0);
  }

  drop(offset: number, count: number): void {
    this.exchange(CHANNEL_DROP, count, offset);
  }

  tap(edges: bigint, frameBytes: number): void {
    this.exchange(CHANNEL_TAP, frameBytes, edges);
  }

  /** The host has its descriptor. */
  closeHost(): void {
    if (this.hostOpen) closeSync(this.hostDescriptor);
    this.hostOpen = false;
  }

  close(): void {
    this.closeHost();
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }

  private exchange(kind: number, length: number, offset: number | bigint, data: Uint8Array = new Uint8Array()): Uint8Array {
    const request = Buffer.alloc(REQUEST_BYTES + data.length);
    request.writeUInt32LE(kind, 0);
    request.writeUInt32LE(length, 4);
    request.writeBigUInt64LE(BigInt.asUintN(64, BigInt(offset)), 8);
    request.set(data, REQUEST_BYTES);
    const reply = this.open ? addon!.exchange(this.descriptor, request, ANSWER_MS_MAX) : undefined;
    if (reply === undefined) {
      // After an answer that did not come, the next one would be taken for it.
      this.close();
      throw refusalOf(4);
    }
    const status = reply.readUInt32LE(0);
    if (status !== 0) throw refusalOf(status);
    return reply.subarray(REPLY_BYTES);
  }
}
