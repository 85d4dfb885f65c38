/** Ports of a run in Node that follow the clock: what they bring in, and where they put what comes out. */
import { readCapture } from '../../capture/read.js';
import { CaptureWriter } from '../../capture/write.js';
import type { CapturedFrame } from '../../capture/frame.js';
import type { Interface } from '../../graph/graph.js';
import { nativeFile } from '../../native-files.js';
import type { PortSpec } from '../port-spec.js';
import { generatedFrame } from './generated-frame.js';
import { createRequire } from 'node:module';
import { closeSync, readSync, writeSync } from 'node:fs';

export interface RealPort {
  /** The next frame that is due at `now` (nanoseconds since the run began), or undefined. */
  receive(now: bigint): Uint8Array | undefined;
  send(frame: Uint8Array, clock: bigint): void;
  /** No frame will come any more. */
  readonly spent: boolean;
  /** When the next frame is due, in nanoseconds since the run began; undefined: nobody knows. */
  readonly due?: bigint | undefined;
  close(): void;
}

class NullPort implements RealPort {
  readonly spent = true;
  receive(): undefined {}
  send(): void {}
  close(): void {}
}

class CapturePort implements RealPort {
  private readonly frames: Iterator<CapturedFrame>;
  private next: CapturedFrame | undefined;
  private first = 0n;
  private count = 0;
  private readonly writer: CaptureWriter | undefined;

  constructor(private readonly spec: Extract<PortSpec, { kind: 'pcap' }>) {
    this.frames = (spec.in === undefined ? [] : readCapture(spec.in))[Symbol.iterator]();
    this.writer = spec.out === undefined ? undefined : new CaptureWriter(spec.out);
    this.advance();
    this.first = this.next?.timestamp ?? 0n;
  }

  get spent(): boolean {
    return this.next === undefined;
  }

  receive(now: bigint): Uint8Array | undefined {
    const { next, spec } = this;
    if (next === undefined || this.dueAt(next, spec.speed) > now) return undefined;
    this.count += 1;
    this.advance();
    return next.bytes;
  }

  get due(): bigint | undefined {
    return this.next && this.dueAt(this.next, this.spec.speed);
  }

  send(frame: Uint8Array, clock: bigint): void {
    this.writer?.write(clock, frame);
  }

  close(): void {
    this.writer?.close();
  }

  private dueAt(frame: CapturedFrame, speed: 'max' | 'recorded' | number): bigint {
    if (speed === 'max') return 0n;
    return speed === 'recorded' ? frame.timestamp - this.first : (BigInt(this.count) * 1_000_000_000n) / BigInt(speed);
  }

  private advance(): void {
    const { done, value } = this.frames.next();
    this.next = done === true ? undefined : value;
  }
}

class GeneratorPort implements RealPort {
  private readonly frames: Uint8Array[];
  private sent = 0;

  constructor(
    private readonly spec: Extract<PortSpec, { kind: 'gen' }>,
    mac: number,
  ) {
    if (spec.template !== undefined) this.frames = [...readCapture(spec.template)].map(({ bytes }) => bytes);
    else this.frames = Array.from({ length: spec.flows }, (_, flow) => generatedFrame(spec, flow, mac));
  }

  get spent(): boolean {
    return this.frames.length === 0 || (this.spec.count !== undefined && this.sent >= this.spec.count);
  }

  get due(): bigint {
    const { rate } = this.spec;
    return rate === 'max' ? 0n : (BigInt(this.sent) * 1_000_000_000n) / BigInt(rate);
  }

  receive(now: bigint): Uint8Array | undefined {
    if (this.spent || this.due > now) return undefined;
    this.sent += 1;
    return this.frames[(this.sent - 1) % this.frames.length];
  }

  send(): void {}
  close(): void {}
}

/** A tap device; the addon opens it, as Node has no ioctl. */
class TapPort implements RealPort {
  readonly spent = false;
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(65_536);

  constructor(device: string) {
    const addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as { openTap(device: string): number };
    this.descriptor = addon.openTap(device);
  }

  receive(): Uint8Array | undefined {
    try {
      const length = readSync(this.descriptor, this.buffer);
      return Uint8Array.from(this.buffer.subarray(0, length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw error;
    }
  }

  send(frame: Uint8Array): void {
    try {
      writeSync(this.descriptor, frame);
    } catch (error) {
      // A full queue or a device that is down loses the frame, as a wire would.
      if (!['EAGAIN', 'EIO', 'ENOBUFS', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

export function openRealPort(spec: PortSpec, { mac }: Interface): RealPort {
  switch (spec.kind) {
    case 'null':
      return new NullPort();
    case 'pcap':
      return new CapturePort(spec);
    case 'gen':
      return new GeneratorPort(spec, mac);
    case 'tap':
      return new TapPort(spec.device);
  }
}
