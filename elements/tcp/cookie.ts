/**
 * SYN cookies (RFC 4987, 3.6): while too many connections are half open, the first sequence number of a connection holds what is to
 * be known of it, under a secret, so that nothing need be remembered until the other side answers. What has no room there, the scale of
 * windows and whether selective acknowledgements are understood, goes in the low bits of the timestamp, which the other side sends back:
 * who changes them harms only its own connection.
 */
import { u32, type i32 } from 'wirelet';
import { milliseconds } from './lifetime.js';
import { before, type Tcp } from './connection.js';
import { keyedHash } from './keyed-hash.js';

/** Sizes of segments that a cookie can tell apart, in three bits. */
const SIZES = [216, 536, 1024, 1220, 1300, 1360, 1440, 1460] as const;
/** A cookie is good for this long, up to twice. */
const PERIOD_SECONDS = 60;

/** Bits of a timestamp that tell of options: four for the scale, NO_SCALE if there is none, one for selective acknowledgements. */
const OPTION_BITS = 0x1f;
const NO_SCALE = 15;
const SACK_BIT = 0x10;

/** A timestamp of now, or of just before, with the options that were read in its low bits. */
export function stampOptions(tcp: Tcp): u32 {
  const { state, clock } = tcp;
  const now = milliseconds(clock.microseconds);
  const bits = (state.option_scale < 0 ? NO_SCALE : Math.min(14, state.option_scale)) | (state.option_sack !== 0 ? SACK_BIT : 0);
  const stamp = ((now & ~OPTION_BITS) | bits) >>> 0;
  // It must not lie after those of the connection.
  return before(now, stamp) ? u32(stamp - OPTION_BITS - 1) : stamp;
}

/** Reads the options back from the timestamp that the segment at hand echoes; without one there are none. */
export function readStampedOptions(tcp: Tcp): void {
  const { state } = tcp;
  const stamped = state.option_timestamps !== 0;
  const scale = state.option_echo & NO_SCALE;
  state.option_scale = stamped && scale !== NO_SCALE ? scale : -1;
  state.option_sack = stamped && (state.option_echo & SACK_BIT) !== 0 ? 1 : 0;
}

function sizeIndex(mss: number): number {
  let found = 0;
  for (let index = 0; index < SIZES.length; index += 1) if (SIZES[index]! <= mss) found = index;
  return found;
}

function hashOf(tcp: Tcp, peer: u32, own: u32, ports: u32, irs: u32, period: u32): u32 {
  const { state } = tcp;
  return keyedHash(state.secret1, state.secret0, peer, own, ports, (irs ^ Math.imul(period, 0x9e37_79b1)) >>> 0);
}

function periodOf(tcp: Tcp): u32 {
  return Math.trunc(tcp.clock.seconds / PERIOD_SECONDS);
}

/** The first sequence number for a SYN with `irs`: 26 bits of hash, three of time, three of size. */
export function makeCookie(tcp: Tcp, peer: u32, own: u32, ports: u32, irs: u32, mss: number): u32 {
  const period = periodOf(tcp);
  return ((hashOf(tcp, peer, own, ports, irs, period) & ~0x3f) | (period % 8 << 3) | sizeIndex(mss)) >>> 0;
}

/** The size of segments that the cookie says, or -1: it is none of this or the last period. */
export function readCookie(tcp: Tcp, peer: u32, own: u32, ports: u32, irs: u32, cookie: u32): i32 {
  const now = periodOf(tcp);
  const age = (now - (cookie >>> 3)) & 7;
  if (age > 1 || now < age) return -1;
  const hash = hashOf(tcp, peer, own, ports, irs, u32(now - age));
  if (((hash ^ cookie) & ~0x3f) !== 0) return -1;
  return SIZES[cookie & 7]!;
}
