/**
 * Which copy of an appliance on several processors takes a frame: by a hash of the frame's flow that is the same for both
 * directions. native/vswitch/wl_steering.h says the same in C++.
 */
import type { SplitBy } from '../graph/split.js';
import { mixInto } from './deal.js';
import { Stations } from './stations.js';

export interface SteeringRules {
  readonly seed: number;
  readonly cores: number;
  /** What a flow is. */
  readonly by: SplitBy;
  /** What answers a question for an address is for all. */
  readonly answers: boolean;
  /** The other copies hear of frames that say where a host is. */
  readonly teaches: boolean;
}

/** What all copies get. */
export const ALL_CORES = -1;

export class Steering {
  private hash = 0;
  private readonly stations: Stations | undefined;

  constructor(private readonly rules: SteeringRules) {
    this.stations = rules.teaches ? new Stations(rules.seed) : undefined;
  }

  /** Whether all copies but the one that takes the frame get a note of it: see Stations. */
  teaches(frame: Uint8Array, interfaceIndex: number, microseconds: number): boolean {
    return this.stations?.news(frame, interfaceIndex, microseconds) ?? false;
  }

  /** 0 .. cores - 1, or ALL_CORES. */
  core(frame: Uint8Array): number {
    const { seed, answers } = this.rules;
    const bytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.hash = seed >>> 0;
    let at = 12;
    if (frame.length < at + 2) {
      this.mix(frame.length);
      return this.choose();
    }
    let type = bytes.getUint16(at);
    at += 2;
    for (let tags = 0; (type === 0x8100 || type === 0x88a8) && tags < 2 && frame.length >= at + 4; tags += 1) {
      type = bytes.getUint16(at + 2);
      at += 4;
    }
    if (type === 0x0800 && this.flow4(bytes, at, true)) return this.choose();
    if (type === 0x86dd) {
      if (answers && frame.length >= at + 41 && frame[at + 6] === 58 && frame[at + 40] === 136) return ALL_CORES; // RFC 4861, 4.4
      if (this.flow6(bytes, at, true)) return this.choose();
    }
    if (answers && type === 0x0806 && frame.length >= at + 8 && bytes.getUint16(at + 6) === 2) return ALL_CORES; // RFC 826
    this.pair(bytes.getUint32(0), bytes.getUint32(6));
    this.pair(bytes.getUint16(4), bytes.getUint16(10));
    return this.choose();
  }

  private mix(value: number): void {
    this.hash = mixInto(this.hash, value);
  }

  /** Both ways round it is the same. */
  private pair(a: number, b: number): void {
    this.mix((a + b) | 0);
    this.mix(a ^ b);
  }

  private choose(): number {
    let hash = Math.imul(this.hash ^ (this.hash >>> 16), 0x85ebca6b);
    hash = (hash ^ (hash >>> 13)) >>> 0;
    return Math.floor((hash * this.rules.cores) / 2 ** 32);
  }

  private addPorts(from: number, to: number): void {
    this.mix(((from + to) & 0xffff) | ((from ^ to) << 16));
  }

  /** Which copy gets frames with these two ports, where ports alone count; native/runtime/wl_copies.h has the same for images. */
  coreOfPorts(a: number, b: number): number {
    this.hash = this.rules.seed >>> 0;
    this.addPorts(a, b);
    return this.choose();
  }

  /** An error of ICMP is about the flow whose packet it quotes. */
  private flow4(bytes: DataView, at: number, outer: boolean): boolean {
    const length = bytes.byteLength - at;
    if (length < 20 || bytes.getUint8(at) >> 4 !== 4) return false;
    const headerBytes = (bytes.getUint8(at) & 15) * 4;
    const first = (bytes.getUint16(at + 6) & 0x1fff) === 0;
    const protocol = bytes.getUint8(at + 9);
    if (outer && first && protocol === 1 && headerBytes >= 20 && length >= headerBytes + 8) {
      const error = [3, 4, 5, 11, 12].includes(bytes.getUint8(at + headerBytes)); // RFC 792
      if (error && this.flow4(bytes, at + headerBytes + 8, false)) return true;
    }
    const { by } = this.rules;
    const transport = at + headerBytes;
    const ports = by !== 'addresses' && first && hasPorts(protocol) && headerBytes >= 20 && length >= headerBytes + 4;
    const echo = by === 'ports-alone' && first && protocol === 1 && headerBytes >= 20 && length >= headerBytes + 8 && [0, 8].includes(bytes.getUint8(transport));
    if (echo) this.addPorts(bytes.getUint16(transport + 4), 0);
    else if (!ports || by === 'ports') this.pair(bytes.getUint32(at + 12), bytes.getUint32(at + 16));
    if (ports) this.addPorts(bytes.getUint16(transport), bytes.getUint16(transport + 2));
    return true;
  }

  private flow6(bytes: DataView, at: number, outer: boolean): boolean {
    const length = bytes.byteLength - at;
    if (length < 40 || bytes.getUint8(at) >> 4 !== 6) return false;
    const protocol = bytes.getUint8(at + 6);
    if (outer && protocol === 58 && length >= 48) {
      const type = bytes.getUint8(at + 40);
      if (type >= 1 && type <= 4 && this.flow6(bytes, at + 48, false)) return true; // RFC 4443
    }
    const ports = this.rules.by !== 'addresses' && hasPorts(protocol) && length >= 44;
    for (let word = 0; word < 16 && (!ports || this.rules.by === 'ports'); word += 4) this.pair(bytes.getUint32(at + 8 + word), bytes.getUint32(at + 24 + word));
    if (ports) this.addPorts(bytes.getUint16(at + 40), bytes.getUint16(at + 42));
    return true;
  }
}

function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 132;
}
