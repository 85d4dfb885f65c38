/**
 * SYN cookies (RFC 4987, 3.6): while too many connections are half open, the first sequence number of a connection holds what is to
 * be known of it, under a secret, so that nothing need be remembered until the other side answers.
 */
import { u32, type i32 } from 'wirelet';
import type { Tcp } from './connection.js';
import { keyedHash } from './keyed-hash.js';

/** Sizes of segments that a cookie can tell apart, in three bits. */
const SIZES = [216, 536, 1024, 1220, 1300, 1360, 1440, 1460] as const;
/** A cookie is good for this long, up to twice. */
const PERIOD_SECONDS = 60;

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
