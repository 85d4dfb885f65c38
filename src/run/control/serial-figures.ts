/** Figures and log of an appliance, read from its memory through a channel. */
import { StringDecoder } from 'node:string_decoder';
import type { ImageInfo } from '../../image/image.js';
import type { Manifest } from '../../image/manifest.js';
import { figuresOf } from '../figures.js';
import type { PortFigures } from '../outcome.js';
import type { Snapshot } from '../snapshot.js';
import type { SerialChannel } from './serial-channel.js';

/** Places in struct wl_control (native/abi/wirelet_abi.h), and what it has before the interfaces. */
const CONTROL_INTERFACES = 384;
const INTERFACE_BYTES = 64;
const SEED = 40;
const LOG_TAIL = 84;
const LOG_HEAD = 160;
const LOG_LOST = 164;
const TSC_ENTRY = 192;

export interface ControlBlock {
  /** Differs from start to start. */
  readonly start: string;
  readonly seed: number;
  readonly logTail: number;
  readonly logHead: number;
  readonly logLost: number;
}

export class SerialFigures {
  private readonly lines = new StringDecoder('utf8');
  private line = '';

  constructor(private readonly channel: SerialChannel, private readonly info: ImageInfo, private readonly manifest: Manifest) {}

  private at(address: number): number {
    return address - this.info.base;
  }

  /** Throws HandlerError, as all here do. */
  control(): ControlBlock {
    const block = Buffer.from(this.channel.read(this.at(this.info.control), TSC_ENTRY + 8));
    return {
      start: `${block.readBigUInt64LE(TSC_ENTRY)} ${block.readUInt32LE(SEED)}`,
      seed: block.readUInt32LE(SEED),
      logTail: block.readUInt32LE(LOG_TAIL),
      logHead: block.readUInt32LE(LOG_HEAD),
      logLost: block.readUInt32LE(LOG_LOST),
    };
  }

  /** Lines of the log since the last time; the appliance then has room for others. */
  readLog({ logTail, logHead }: ControlBlock): string[] {
    const { log, logBytes } = this.info;
    const count = (logHead - logTail) >>> 0;
    if (logBytes === 0 || count === 0) return [];
    const kept = Math.min(count, logBytes);
    const from = (logHead - kept) & (logBytes - 1);
    const first = Math.min(kept, logBytes - from);
    const pieces = [this.channel.read(this.at(log) + from, first), ...(first === kept ? [] : [this.channel.read(this.at(log), kept - first)])];
    this.channel.readLog(logHead);
    const lines = (this.line + pieces.map((piece) => this.lines.write(Buffer.from(piece))).join('')).split('\n');
    this.line = lines.pop()!;
    return lines;
  }

  snapshot(): Snapshot {
    const { info, manifest, channel } = this;
    const counted = Buffer.from(channel.read(this.at(info.counters), info.counterCount * 8));
    const ports = Buffer.from(channel.read(this.at(info.control) + CONTROL_INTERFACES, manifest.interfaces.length * INTERFACE_BYTES));
    return {
      ports: Object.fromEntries(manifest.interfaces.map(({ name }, index) => [name, portFigures(ports, index * INTERFACE_BYTES)])),
      elements: figuresOf(manifest, Array.from({ length: info.counterCount }, (_, index) => Number(counted.readBigUInt64LE(index * 8)))),
      boot: { vmm_us: null, guest_us: null, first_frame_us: null },
      memory: { guest_bytes: manifest.memory_bytes, vmm_private_bytes: null },
    };
  }
}

/** struct wl_interface_counters. */
function portFigures(bytes: Buffer, from: number): PortFigures {
  const number = (index: number) => Number(bytes.readBigUInt64LE(from + index * 8));
  return { rx_packets: number(0), rx_bytes: number(1), tx_packets: number(3), tx_bytes: number(4), drops: number(2) + number(5) };
}
