/**
 * Fragments that wait for the rest of their packet, and what is made of them. As in Click, a fragment overwrites what came before it, and
 * a packet is whole when its end is known and nothing is missing before it.
 */
import { array, consumed, copyAnnotations, copyBytes, checksum, drop, ipv4, packetLists, register, table, tableSlots, u16, u32, u8, type Counter, type Outputs, type Packet, type Packets, type StateValues, type Verdict } from 'wirelet';
import { stamp } from '../annotate/time-value.js';

/** Seconds without a beginning, or since it came, after which a packet is given up, and how often that is looked at. */
const REAP_TIMEOUT = 30;
const REAP_INTERVAL = 10;
/** Bytes that a packet counts besides its data. */
const PACKET_BYTES = 40;
/** Fragments of a packet, and gaps between them. */
export const FRAGMENTS_MAX = 64;
/** Bytes of data of a packet. */
export const LENGTH_MAX = 9000;
/** Bytes that a fragment takes. */
const FRAGMENT_BYTES = 2048;
/** Bytes before the data of a packet that is put together: headers of both layers fit. */
const ROOM = 128;
/** Where Click keeps what it knows of a packet that waits; zero in those that leave. */
const OWN_ANNOTATION = 28;
const MORE_FRAGMENTS = 0x2000;
/** Rounds in which packets make room: those that waited for long, for less long, and then any. */
const STAGES = 4;
const AGES = [REAP_TIMEOUT, 10, 5] as const;

export function fragmentsMax(himem: number): number {
  return Math.max(64, Math.ceil(himem / FRAGMENT_BYTES));
}

export function reassemblyState(himem: number) {
  const capacity = fragmentsMax(himem);
  const slots = tableSlots(capacity);
  return {
    waiting: table({
      key: { source: 'u32', destination: 'u32', protocol: 'u8', identification: 'u16' },
      /**
       * Where the data ends that came; the flags, with more_fragments until its end is known; length of the longest fragment; time of the
       * beginning; when it was begun; its first four bytes; pieces without a gap.
       */
      fields: { reach: 'u16', flags: 'u16', longest: 'u16', seconds: 'u32', order: 'u32', ports: 'u32', chunks: 'u8' },
      capacity,
    }),
    pieces: packetLists(slots, capacity),
    chunk_from: array('u16', slots * FRAGMENTS_MAX),
    chunk_to: array('u16', slots * FRAGMENTS_MAX),
    begun: register('u32'),
    memory: register('u32'),
    reap_at: register('u53'),
  };
}

export interface Reassembly {
  readonly config: { readonly himem: number; readonly max_mtu_anno: number | undefined };
  readonly built: { readonly slots: number };
  readonly state: StateValues<ReturnType<typeof reassemblyState>>;
  readonly counters: Readonly<Record<'fragments' | 'reassembled' | 'failed' | 'bad', Counter>>;
  readonly clock: { readonly microseconds: number };
  readonly packets: Packets;
  readonly outputs: Outputs<{ out: string; expired: string }>;
  emit(output: Verdict, packet: Packet): void;
}

/** Bytes of data behind the header of a fragment. */
function dataOf(fragment: Packet): number {
  const header = ipv4.at(fragment);
  return Math.max(0, header.total_length - header.header_length * 4);
}

/** Where packets lie in Click's table: by the upper half of their identification, the latest first. */
function rank(state: Reassembly['state'], slot: number): number {
  return (state.waiting.identification[slot]! >>> 8) * 0x1_0000_0000 + (0xffff_ffff - state.waiting.order[slot]!);
}

/** The packet that is given up next in a round, or -1. */
function victimOf(reassembly: Reassembly, now: number, stage: number): number {
  const { state, built } = reassembly;
  let victim = -1;
  let best = 0;
  for (let slot = 0; slot < built.slots; slot += 1) {
    if (state.pieces.count(slot) > 0) {
      const age = stage === 0 ? AGES[0] : stage === 1 ? AGES[1] : AGES[2];
      const place = rank(state, slot);
      if ((stage === 3 || state.waiting.seconds[slot]! < now - age) && (victim < 0 || place < best)) {
        victim = slot;
        best = place;
      }
    }
  }
  return victim;
}

/** Copies the bytes before the data of a fragment that begins a packet, and its annotations; where they begin. */
function placeBeginning(made: Packet, fragment: Packet): number {
  const data = fragment.networkHeaderOffset + ipv4.at(fragment).header_length * 4;
  const count = Math.max(0, Math.min(data, ROOM));
  copyBytes(made, ROOM - count, fragment, Math.max(0, data - count), count);
  copyAnnotations(made, fragment);
  if (fragment.hasMacHeader && fragment.macHeaderOffset >= data - count) made.markMacHeader(Math.max(0, Math.min(ROOM, ROOM - data + fragment.macHeaderOffset)));
  return count;
}

/** Bytes that it takes to put a packet together. */
export function bytesOf(reassembly: Reassembly, slot: number): number {
  return ROOM + Math.min(reassembly.state.waiting.reach[slot]!, LENGTH_MAX);
}

/** Forgets a packet. */
function forget(reassembly: Reassembly, slot: number): void {
  const { state } = reassembly;
  state.memory = u32(Math.max(0, state.memory - PACKET_BYTES - state.waiting.reach[slot]!));
  state.waiting.remove(slot);
}

/** Drops what there is of a packet. */
export function lose(reassembly: Reassembly, slot: number): void {
  const { state, emit } = reassembly;
  forget(reassembly, slot);
  for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
    const piece = state.pieces.take(slot);
    if (piece === null) break;
    emit(drop('no_room'), piece);
  }
}

/** Makes of `made`, as long as `bytesOf` says, what there is of a packet, as Click has it while it waits; a whole one has the time of what came last. */
export function assemble(reassembly: Reassembly, slot: number, made: Packet, whole: boolean): void {
  const { config, state, emit } = reassembly;
  const { waiting, pieces } = state;
  const flags = waiting.flags[slot]!;
  const longest = waiting.longest[slot]!;
  forget(reassembly, slot);
  let before = 0;
  let size = 0;
  let seconds = 0;
  let nanoseconds = 0;
  for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
    const piece = pieces.take(slot);
    if (piece === null) break;
    const header = ipv4.at(piece);
    const bytes = header.header_length * 4;
    const from = header.fragment_offset * 8;
    copyBytes(made, ROOM + from, piece, Math.max(0, piece.networkHeaderOffset + bytes), dataOf(piece));
    if (from === 0) {
      before = placeBeginning(made, piece);
      size = Math.min(bytes, before);
    } else if (number === 0) {
      // Until the beginning comes, the header of what came first stands for it.
      copyBytes(made, ROOM - ipv4.size, piece, Math.max(0, piece.networkHeaderOffset), ipv4.size);
      before = ipv4.size;
      size = ipv4.size;
    }
    seconds = piece.timestampSeconds;
    nanoseconds = piece.timestampNanoseconds;
    emit(consumed, piece);
  }
  made.strip(Math.max(0, ROOM - before));
  made.markNetworkHeader(Math.max(0, before - size));
  made.markTransportHeader(before);
  made.setAnnotationU32(OWN_ANNOTATION, 0);
  if (config.max_mtu_anno !== undefined) {
    made.setAnnotationU8(config.max_mtu_anno, longest >>> 8);
    made.setAnnotationU8(config.max_mtu_anno + 1, u8(longest));
  }
  ipv4.at(made).fragment = flags;
  if (whole) {
    made.timestampSeconds = seconds;
    made.timestampNanoseconds = nanoseconds;
  }
}

/** Gives a whole packet its length and checksum. */
export function complete(made: Packet, reassembled: Counter): void {
  const header = ipv4.at(made);
  const size = header.header_length * 4;
  header.total_length = u16(made.networkLength);
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(made, Math.max(0, made.networkHeaderOffset), size));
  reassembled.add(1);
}

/** Gives packets up, as Click does when a fragment comes: now and then those that wait for too long, and others while there is no room. */
function makeRoom(reassembly: Reassembly, now: number, bad: boolean): void {
  const { config, built, state, counters, packets, outputs, emit } = reassembly;
  let stage = now >= state.reap_at ? 0 : 1;
  if (stage === 0) state.reap_at = now + REAP_INTERVAL;
  let lacking = false;
  for (let round = 0; round < built.slots + STAGES; round += 1) {
    if (stage > 0) {
      if (!lacking && !bad && (state.memory > config.himem || state.pieces.full)) lacking = true;
      else if (lacking && state.memory <= Math.trunc(config.himem / 4) * 3 && !state.pieces.full) lacking = false;
      if (!lacking) break;
    }
    const victim = victimOf(reassembly, now, stage);
    if (victim < 0 || victim >= built.slots) {
      stage += 1;
      if (stage >= STAGES) break;
    } else {
      if (stage > 0) counters.failed.add(1);
      const made = packets.ofLength(bytesOf(reassembly, victim));
      if (made === null) {
        lose(reassembly, victim);
      } else {
        assemble(reassembly, victim, made, false);
        emit(outputs.expired, made);
      }
    }
  }
}

/** Notes that data from `from` to `to` came, among what came before; false: there are too many gaps. */
function noteChunk(state: Reassembly['state'], slot: number, from: u16, to: u16): boolean {
  const { waiting, chunk_from, chunk_to } = state;
  const base = slot * FRAGMENTS_MAX;
  const count = Math.min(waiting.chunks[slot]!, FRAGMENTS_MAX);
  let first = count;
  let behind = count;
  for (let index = 0; index < count; index += 1) if (first === count && chunk_to[base + index]! >= from) first = index;
  for (let index = 0; index < count; index += 1) if (behind === count && index >= first && chunk_from[base + index]! > to) behind = index;
  if (first === behind) {
    if (count >= FRAGMENTS_MAX) return false;
    for (let index = 0; index < FRAGMENTS_MAX - 1; index += 1) {
      const at = FRAGMENTS_MAX - 2 - index;
      if (at >= first) {
        chunk_from[base + at + 1] = chunk_from[base + at]!;
        chunk_to[base + at + 1] = chunk_to[base + at]!;
      }
    }
    chunk_from[base + Math.min(first, FRAGMENTS_MAX - 1)] = from;
    chunk_to[base + Math.min(first, FRAGMENTS_MAX - 1)] = to;
    waiting.chunks[slot] = u8(count + 1);
    return true;
  }
  const last = Math.max(0, behind - 1);
  const end = Math.max(to, chunk_to[base + last]!);
  const place = Math.min(first, FRAGMENTS_MAX - 1);
  chunk_from[base + place] = Math.min(from, chunk_from[base + place]!);
  chunk_to[base + place] = end;
  const gone = Math.max(0, behind - first - 1);
  for (let index = 0; index < FRAGMENTS_MAX; index += 1) {
    if (index > place && index + gone < FRAGMENTS_MAX) {
      const after = Math.min(index + gone, FRAGMENTS_MAX - 1);
      chunk_from[base + index] = chunk_from[base + after]!;
      chunk_to[base + index] = chunk_to[base + after]!;
    }
  }
  waiting.chunks[slot] = u8(Math.max(0, count - gone));
  return true;
}

/** Takes a fragment in. The slot of its packet if it is whole now, else -1. */
export function takeFragment(packet: Packet, reassembly: Reassembly): number {
  const { built, state, counters, clock, emit } = reassembly;
  const { waiting, pieces } = state;
  counters.fragments.add(1);
  if (packet.timestampSeconds === 0) stamp(packet, clock.microseconds);
  const now = packet.timestampSeconds;
  const header = ipv4.at(packet);
  const size = header.header_length * 4;
  const count = header.total_length - size;
  const from = header.fragment_offset * 8;
  const to = from + count;
  const more = header.more_fragments !== 0;
  const bad = to > 0xffff || count <= 0 || size < ipv4.size || (more && to % 8 !== 0) || packet.networkLength < size + count;
  makeRoom(reassembly, now, bad);
  if (bad) {
    counters.bad.add(1);
    emit(drop('bad_fragment'), packet);
    return -1;
  }
  if (to > LENGTH_MAX) {
    emit(drop('too_long'), packet);
    return -1;
  }
  packet.truncate(Math.max(0, packet.networkHeaderOffset + size + count));
  const known = waiting.find(header.source, header.destination, header.protocol, header.identification);
  const slot = known >= 0 ? known : waiting.insert(header.source, header.destination, header.protocol, header.identification);
  if (slot < 0 || slot >= built.slots || pieces.full) {
    if (slot >= 0 && known < 0) waiting.remove(slot);
    emit(drop('no_room'), packet);
    return -1;
  }
  if (known < 0) {
    waiting.flags[slot] = header.fragment & 0xe000;
    waiting.reach[slot] = u16(to);
    waiting.order[slot] = state.begun;
    state.begun = u32(state.begun + 1);
    state.memory = u32(state.memory + PACKET_BYTES + to);
  } else if (to > waiting.reach[slot]!) {
    if ((waiting.flags[slot]! & MORE_FRAGMENTS) === 0) {
      emit(drop('beyond_end'), packet);
      return -1;
    }
    state.memory = u32(state.memory + to - waiting.reach[slot]!);
    waiting.reach[slot] = u16(to);
  }
  // One that comes again takes the place of what came before.
  const held = pieces.count(slot);
  for (let number = 0; number < FRAGMENTS_MAX; number += 1) {
    if (number >= held) break;
    const other = pieces.take(slot);
    if (other === null) break;
    const its = ipv4.at(other);
    const start = its.fragment_offset * 8;
    if (start >= from && start + dataOf(other) <= to && (number > 0 || from === 0)) emit(consumed, other);
    else pieces.append(slot, other);
  }
  if (pieces.count(slot) >= FRAGMENTS_MAX || !noteChunk(state, slot, u16(from), u16(to))) {
    emit(drop('too_long'), packet);
    return -1;
  }
  waiting.longest[slot] = Math.max(waiting.longest[slot]!, u16(size + count));
  if (from === 0) {
    waiting.seconds[slot] = now;
    if (count >= 4) waiting.ports[slot] = packet.loadU32(Math.max(0, packet.networkHeaderOffset + size));
  }
  if (!more && known >= 0) waiting.flags[slot] = waiting.flags[slot]! & ~MORE_FRAGMENTS & 0xffff;
  pieces.append(slot, packet);
  const base = slot * FRAGMENTS_MAX;
  const whole = (waiting.flags[slot]! & MORE_FRAGMENTS) === 0 && state.chunk_from[base] === 0 && state.chunk_to[base] === waiting.reach[slot]!;
  return whole ? slot : -1;
}
