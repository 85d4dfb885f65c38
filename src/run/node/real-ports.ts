/** Ports of a run in Node that follow the clock: what they bring in, and where they put what comes out. */
import { readCapture } from '../../capture/read.js';
import { CaptureWriter } from '../../capture/write.js';
import type { CapturedFrame } from '../../capture/frame.js';
import type { Interface } from '../../graph/graph.js';
import { nativeFile } from '../../native-files.js';
import { parseMac } from '../../kit/address.js';
import { formatPort, scaleOf, type PortSpec, type PortSpeed } from '../port-spec.js';
import { GeneratorPort } from './generator-port.js';
import { createRequire } from 'node:module';
import { closeSync, readSync, writeSync } from 'node:fs';
import type { RealPort } from './real-port.js';

class NullPort implements RealPort {
  readonly spent = true;
  readonly isUp = () => false;
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

  private dueAt(frame: CapturedFrame, speed: PortSpeed): bigint {
    if (speed === 'max') return 0n;
    if (typeof speed === 'number') return (BigInt(this.count) * 1_000_000_000n) / BigInt(speed);
    return ((frame.timestamp - this.first) * 1_000_000n) / BigInt(Math.round(scaleOf(speed) * 1e6));
  }

  private advance(): void {
    const { done, value } = this.frames.next();
    this.next = done === true ? undefined : value;
  }
}

/** What the addon does for devices: Node has no ioctl and no packet sockets. */
interface Devices {
  openTap(device: string): number;
  openPacketSocket(device: string): number;
  /** Whether a tap is set up, or, of a packet socket, the device leads somewhere. */
  isUp(descriptor: number, device?: string): boolean;
  /** The next frame, in `buffer`; undefined: there is none now. */
  receiveFrame(descriptor: number, buffer: Uint8Array): Uint8Array | undefined;
}

/** An interface by AF_XDP, or a process that speaks vhost-user. */
class LinkPort implements RealPort {
  readonly spent = false;
  private readonly link: { receive(buffer: Uint8Array): number; send(frame: Uint8Array): void; close(): void };
  private readonly buffer = Buffer.alloc(65_536);

  constructor(spec: PortSpec) {
    const addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as { Link: new (port: string) => LinkPort['link'] };
    this.link = new addon.Link(formatPort('port', spec));
  }

  receive(): Uint8Array | undefined {
    const length = this.link.receive(this.buffer);
    return length === 0 ? undefined : Uint8Array.from(this.buffer.subarray(0, length));
  }

  send(frame: Uint8Array): void {
    this.link.send(frame);
  }

  close(): void {
    this.link.close();
  }
}

/** A tap device, or an interface of this machine by a packet socket. */
export class DevicePort implements RealPort {
  readonly spent = false;
  private readonly addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as Devices;
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(65_536);

  constructor(private readonly spec: { readonly kind: 'tap' | 'packet'; readonly device: string }) {
    this.descriptor = spec.kind === 'tap' ? this.addon.openTap(spec.device) : this.addon.openPacketSocket(spec.device);
  }

  isUp(): boolean {
    return this.spec.kind === 'tap' ? this.addon.isUp(this.descriptor) : this.addon.isUp(this.descriptor, this.spec.device);
  }

  receive(): Uint8Array | undefined {
    if (this.spec.kind === 'packet') {
      const frame = this.addon.receiveFrame(this.descriptor, this.buffer);
      return frame && Uint8Array.from(frame);
    }
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
      if (!['EAGAIN', 'EIO', 'ENOBUFS', 'EINVAL', 'EMSGSIZE', 'ENETDOWN'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

export function openRealPort(spec: PortSpec, { mac, receives }: Interface): RealPort {
  switch (spec.kind) {
    case 'null':
      return new NullPort();
    case 'pcap':
      return new CapturePort(spec);
    case 'gen':
      return new GeneratorPort(spec, spec.mac === undefined ? mac : parseMac(spec.mac)!, receives);
    case 'tap':
    case 'packet':
      return new DevicePort({ kind: spec.kind, device: spec.device });
    case 'xdp':
    case 'vhost-user':
      return new LinkPort(spec);
    case 'ring':
      throw new Error('rings are handed over by a VMM');
  }
}
