/**
 * A limit of responses per second for each network that asks (a token bucket, kept as the time when it is full again), so
 * that requests with forged sources cannot make a server flood somebody else.
 */
import { table, TIME_RANGE, type i32, type u32 } from 'wirelet';

/** Responses that a network may get at once, in seconds of its rate. */
const BURST_US = 1_000_000;

/** What is kept of each network that asked. */
export const networksTable = (capacity: number) =>
  table({ key: { upper: 'u32', lower: 'u32' }, fields: { full_at: TIME_RANGE, over: 'u8' }, capacity, evict: 'full_at' });

/** The part of a table of networks that the packet path uses. */
interface Networks {
  full_at: { [slot: number]: number };
  over: { [slot: number]: number };
  find(upper: u32, lower: u32): number;
  insert(upper: u32, lower: u32): number;
}

export const WITHIN = 0;
/** Over the limit; every second response is to be an empty one that asks for TCP, the others none. */
export const SLIPS = 1;
export const OVER = 2;

/** Counts one response for a network, `interval` microseconds each, and says whether it may be sent. */
export function countResponse(networks: Networks, upper: u32, lower: u32, interval: number, now: number): i32 {
  const known = networks.find(upper, lower);
  const slot = known >= 0 ? known : networks.insert(upper, lower);
  if (slot < 0) return WITHIN;
  const full = Math.max(now, networks.full_at[slot]!);
  if (full - now > BURST_US) {
    const over = networks.over[slot]!;
    networks.over[slot] = over === 0 ? 1 : 0;
    return over === 0 ? SLIPS : OVER;
  }
  networks.full_at[slot] = Math.min(full + interval, TIME_RANGE.high);
  return WITHIN;
}
