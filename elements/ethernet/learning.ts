/** What a bridge remembers of the hosts around it (IEEE 802.1D, 7.8): the segment each address was last seen on, and when. */
import { below, ethernet, table, TIME_RANGE, type Packet, type SplitKind, type u48, type u53 } from 'wirelet';

/** A host that is not heard of for less is forgotten only because a copy heard of it a second ago. */
const TIMEOUT_MIN = 10e6;

/** How what learns can be split: a copy hears of all hosts, but once a second of those that it does not serve. */
export const splitStations = ({ config: { timeout } }: { readonly config: { readonly timeout: number } }): SplitKind =>
  timeout === 0 || timeout >= TIMEOUT_MIN ? 'stations' : { never: 'a copy hears once a second of hosts whose frames others take: TIMEOUT must be 10 s at least' };

/** A table of hosts on some of `segments` segments. */
export const hostsTable = (addresses: number, segments: number) =>
  table({ key: { address: 'u48' }, fields: { segment: below(segments), seen_us: TIME_RANGE }, capacity: addresses, evict: 'seen_us' });

/** The part of such a table that the packet path uses. */
export interface Hosts {
  segment: { [slot: number]: any };
  seen_us: { [slot: number]: any };
  find(address: u48): number;
  insert(address: u48): number;
}

/** When a frame was received, as it says itself, in microseconds since 1970. */
export function seenAt(packet: Packet): u53 {
  return packet.timestampSeconds * 1_000_000 + Math.trunc(packet.timestampNanoseconds / 1000);
}

/** Notes that a frame from `source` came by `segment`; whether the host was on another one before. Groups are nowhere. */
export function learn(hosts: Hosts, source: u48, segment: number, now: u53): boolean {
  if (ethernet.isGroup(source)) return false;
  const slot = hosts.insert(source);
  if (slot < 0) return false;
  const moved = hosts.seen_us[slot] > 0 && hosts.segment[slot] !== segment;
  hosts.segment[slot] = segment;
  hosts.seen_us[slot] = now;
  return moved;
}

/** The segment of a host that was seen within `timeout` (0: whenever), or -1. */
export function segmentOf(hosts: Hosts, address: u48, timeout: u53, now: u53): number {
  const slot = hosts.find(address);
  return slot >= 0 && (timeout === 0 || now - hosts.seen_us[slot] < timeout) ? hosts.segment[slot] : -1;
}
