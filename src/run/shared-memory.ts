/**
 * The part of an appliance's memory that it shares with its host: control block, counters, log (see
 * native/abi/wirelet_abi.h). It is a file without a name; reading it does not touch the appliance.
 */
import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { ImageInfo } from '../image/image.js';
import type { PortFigures } from './outcome.js';
import type { Progress } from './watchdog.js';

export interface LoopProgress extends Progress {
  /** The last round found work. */
  readonly busy: boolean;
}

const CONTROL_INTERFACES = 384;
const INTERFACE_BYTES = 64;
/** The guest's lines of struct wl_control, and what stands where in them. */
const LINES_OF_GUEST = 128;
const LINES_BYTES = 128;
const BUSY = 24;
const STATE = 28;
const WAITING = 40;
const ROUNDS = 48;
const HELD = 56;
const NO_ROOM = 96;
/** WL_STATE_RUNNING */
const STATE_RUNNING = 2;
const STAMPS = 192;
const TSC_HERTZ = 16;

export class SharedMemory {
  readonly descriptor: number;

  /** `start`: where in the file the shared part begins, in bytes; those of further processors follow it. */
  constructor(private readonly info: ImageInfo, private readonly start = 0, private readonly cores = 1) {
    const file = `/dev/shm/wirelet-${process.pid}-${randomBytes(6).toString('hex')}`;
    this.descriptor = openSync(file, 'wx+', 0o600);
    unlinkSync(file);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Counters of the elements; zeros before the appliance has begun. */
  counters(): number[] {
    const sums = new Array<number>(this.info.counterCount).fill(0);
    for (const bytes of this.readAll(this.info.counters, sums.length * 8)) sums.forEach((sum, index) => (sums[index] = sum + Number(bytes.readBigUInt64LE(index * 8))));
    return sums;
  }

  /** Figures of interface `index`, as the appliance sees it. */
  port(index: number): PortFigures {
    const all = this.readAll(this.info.control + CONTROL_INTERFACES + index * INTERFACE_BYTES, INTERFACE_BYTES);
    const number = (at: number) => all.reduce((sum, bytes) => sum + Number(bytes.readBigUInt64LE(at * 8)), 0);
    return { rx_packets: number(0), rx_bytes: number(1), tx_packets: number(3), tx_bytes: number(4), drops: number(2) + number(5) };
  }

  /** How far the main loop of each processor has come. */
  loops(): LoopProgress[] {
    return this.readAll(this.info.control + LINES_OF_GUEST, LINES_BYTES).map((bytes) => {
      const number = (at: number) => bytes.readUInt32LE(at);
      const waits = number(STATE) !== STATE_RUNNING || [WAITING, HELD, NO_ROOM].some((at) => number(at) === 1);
      return { rounds: bytes.readBigUInt64LE(ROUNDS), busy: number(BUSY) !== 0, waits };
    });
  }

  /** How far they have come together. */
  progress(): LoopProgress {
    const loops = this.loops();
    return { rounds: loops.reduce((sum, { rounds }) => sum + rounds, 0n), busy: loops.some(({ busy }) => busy), waits: loops.every(({ waits }) => waits) };
  }

  /** Cycles of the TSC in a second; 0: it has not begun. */
  hertz(): number {
    return Number(this.read(this.info.control + TSC_HERTZ, 8).readBigUInt64LE(0));
  }

  /** Microseconds from the appliance's first instruction to its first frame out; null before that. */
  firstFrame(): number | null {
    const hertz = this.hertz();
    const stamps = this.read(this.info.control + STAMPS, 32);
    const [entry, transmit] = [stamps.readBigUInt64LE(0), stamps.readBigUInt64LE(24)];
    return transmit === 0n || hertz === 0 ? null : (Number(transmit - entry) / hertz) * 1e6;
  }

  /** Of the first processor. */
  private read(address: number, length: number): Buffer {
    return this.readOf(0, address, length);
  }

  private readAll(address: number, length: number): Buffer[] {
    return Array.from({ length: this.cores }, (_, core) => this.readOf(core, address, length));
  }

  private readOf(core: number, address: number, length: number): Buffer {
    const { base, memoryBytes, sharedBase } = this.info;
    const bytes = Buffer.alloc(length);
    readSync(this.descriptor, bytes, 0, length, this.start + core * (base + memoryBytes - sharedBase) + address - sharedBase);
    return bytes;
  }
}
