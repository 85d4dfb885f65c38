/** What an element did to a packet. */
import { formatIpv4 } from '../../kit/address.js';
import { ANNOTATIONS, Packet } from '../../kit/packet.js';
import { decodeHeaders, type DecodedHeader } from './decode.js';

/** A packet at one moment. */
export interface Moment {
  readonly headers: readonly DecodedHeader[];
  readonly data: Uint8Array;
  readonly start: number;
  readonly annotations: Uint8Array;
  readonly networkHeader: number;
}

export function momentOf(packet: Packet): Moment {
  return {
    headers: decodeHeaders(packet),
    data: packet.data().slice(),
    start: packet.start,
    annotations: packet.annotations.slice(),
    networkHeader: packet.networkHeader,
  };
}

/** Annotations that people know by name; others share their bytes. */
const NAMED = ['paint', 'destination_address', 'icmp_parameter', 'fix_ip_source', 'vlan_tci'] as const;

export function changesBetween(before: Moment, after: Moment): string[] {
  return [...dataChanges(before, after), ...annotationChanges(before.annotations, after.annotations)];
}

function dataChanges(before: Moment, after: Moment): string[] {
  const changes: string[] = [];
  const gained = before.start - after.start;
  if (gained < 0) changes.push(`${-gained} bytes taken from the front`);
  if (gained > 0) changes.push(`${gained} bytes put to the front`);
  const tail = after.data.length - before.data.length - gained;
  if (tail !== 0) changes.push(`${Math.abs(tail)} bytes ${tail > 0 ? 'put to' : 'taken from'} the end`);
  // Headers are compared where they lie in the packet's memory, which taking and putting does not move.
  const places = new Map(before.headers.map((header) => [`${header.protocol} ${header.offset + before.start}`, header]));
  let said = false;
  for (const header of after.headers) {
    const old = places.get(`${header.protocol} ${header.offset + after.start}`);
    if (old === undefined) continue;
    for (const [name, value] of Object.entries(header.fields)) {
      if (old.fields[name] === value) continue;
      changes.push(`${header.protocol}.${name} ${old.fields[name]} -> ${value}`);
      said = true;
    }
  }
  if (!said && differs(before, after)) changes.push('bytes changed');
  if (before.networkHeader < 0 && after.networkHeader >= 0) changes.push('network header marked');
  return changes;
}

/** Whether bytes that both have are others. */
function differs(before: Moment, after: Moment): boolean {
  const from = Math.max(before.start, after.start);
  const to = Math.min(before.start + before.data.length, after.start + after.data.length);
  for (let at = from; at < to; at += 1) if (before.data[at - before.start] !== after.data[at - after.start]) return true;
  return false;
}

function annotationChanges(before: Uint8Array, after: Uint8Array): string[] {
  return NAMED.flatMap((name) => {
    const { offset, size } = ANNOTATIONS[name];
    const read = (bytes: Uint8Array) => bytes.subarray(offset, offset + size).reduce((value, byte) => value * 256 + byte, 0);
    const [was, is] = [read(before), read(after)];
    const show = (value: number) => (name === 'destination_address' ? formatIpv4(value) : String(value));
    return was === is ? [] : [`${name} annotation ${show(was)} -> ${show(is)}`];
  });
}
