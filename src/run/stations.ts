/**
 * Where hosts were seen last: by which interface frames came from their address. What a frame says that is not known here, each
 * copy of an appliance hears of; what is known too long, it hears again. A place for each hash, so that of two hosts that want
 * the same one both are news again and again: that costs time, and nothing is wrong. native/vswitch/wl_steering.h has its twin.
 */
import { mixInto } from './deal.js';

/** Places, a power of two. */
const PLACES = 65_536;
/** After as many microseconds what is known is told again: by that much a copy may take a host for longer unseen. */
const TELL_AGAIN_US = 1_000_000;
/** A destination, a source and a type (IEEE 802.3, 3.2): less teaches nobody. */
const BYTES_MIN = 14;
/** Of a note, at most: WL_NOTE_BYTES_MAX. */
export const NOTE_BYTES_MAX = 60;

export class Stations {
  /** For each place, an address and an interface. */
  private readonly hosts = new Float64Array(PLACES).fill(-1);
  private readonly interfaces = new Uint8Array(PLACES);
  private readonly told = new Float64Array(PLACES);

  constructor(private readonly seed: number) {}

  /** Whether a frame that came by an interface at that time says where a host is that was not known there. */
  news(frame: Uint8Array, interfaceIndex: number, microseconds: number): boolean {
    if (frame.length < BYTES_MIN || (frame[6]! & 1) !== 0) return false;
    const word = (at: number) => frame[at]! * 256 + frame[at + 1]!;
    const high = word(6);
    const low = word(8) * 65_536 + word(10);
    const place = mixInto(mixInto(this.seed >>> 0, low), high) % PLACES;
    const host = high * 2 ** 32 + low;
    const age = microseconds - this.told[place]!;
    if (this.hosts[place] === host && this.interfaces[place] === interfaceIndex && age >= 0 && age < TELL_AGAIN_US) return false;
    this.hosts[place] = host;
    this.interfaces[place] = interfaceIndex;
    this.told[place] = microseconds;
    return true;
  }
}
