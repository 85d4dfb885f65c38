/** Segments that leave (RFC 9293, 3.8). */
import { checksum, ipv4, pseudoHeaderSum, tcp as layout, TCP_FLAG, TIME_RANGE, u16, u32, type Packet } from 'wirelet';
import { before, FLAG, HELD_MAX, STATUS, type Tcp } from './connection.js';
import { finishSegment6, isOver6, LONGER_BYTES, writeAddresses } from './ipv6.js';
import { milliseconds } from './lifetime.js';
import { synOptionBytes, writeSynOptions } from './options.js';
import { bytesOnTheWay, firstMissing, nextBlock } from './scoreboard.js';
import { schedule } from './wheel.js';

/** Segments that a connection sends in one go, at most: the rest follows when some are acknowledged. */
const BURST = 48;
const TTL = 64;
const HEADERS = 40;
/** Bytes behind a segment in which the application may put something together before it copies it. */
export const SCRATCH_BYTES = 336;

/** Writes the IPv4 header of a segment that begins 20 bytes into the packet, and the checksums of both. */
export function finishSegment(packet: Packet, own: u32, peer: u32): void {
  const length = packet.length;
  packet.markNetworkHeader(0);
  packet.markTransportHeader(20);
  const header = ipv4.atOffset(packet, 0);
  packet.storeU16(0, 0x4500);
  header.total_length = length;
  header.identification = 0;
  header.fragment = 0x4000;
  header.ttl = TTL;
  header.protocol = 6;
  header.source = own;
  header.destination = peer;
  header.checksum = 0;
  header.checksum = checksum.finish(checksum.sum(packet, 0, 20));
  const segment = layout.atOffset(packet, 20);
  segment.checksum = 0;
  const bytes = u16(Math.max(0, length - 20));
  segment.checksum = checksum.finish(checksum.add(pseudoHeaderSum(own, peer, 6, bytes), checksum.sum(packet, 20, bytes)));
  packet.destinationAddress = peer;
}

/** Writes what a connection puts in front of a segment, and the checksums. */
function finishOf(tcp: Tcp, c: number, packet: Packet): void {
  if (isOver6(tcp, c)) {
    writeAddresses(tcp, c, packet);
    finishSegment6(packet);
  } else finishSegment(packet, tcp.state.own[c], tcp.state.peer[c]);
}

/** Makes the packet a RST that ends the connection. */
export function writeReset(packet: Packet, tcp: Tcp, c: number): void {
  const { state } = tcp;
  const headers = isOver6(tcp, c) ? HEADERS + LONGER_BYTES : HEADERS;
  packet.truncate(0);
  packet.append(headers);
  const segment = layout.atOffset(packet, headers - 20);
  const ports = state.ports[c];
  segment.source_port = ports >>> 16;
  segment.destination_port = ports & 0xffff;
  segment.sequence = state.snd_nxt[c];
  segment.acknowledgement = state.rcv_nxt[c];
  segment.data_offset = 5;
  segment.flags = TCP_FLAG.rst | TCP_FLAG.ack;
  finishOf(tcp, c, packet);
}

/** The window to tell, unshifted; its right edge never goes back (RFC 9293, 3.8.6). */
function windowToTell(tcp: Tcp, c: number): u16 {
  const { state, built } = tcp;
  const flags = state.flags[c];
  const shift = (flags & FLAG.scaled) !== 0 ? built.tcp.scale : 0;
  const room = (flags & FLAG.shut) !== 0 ? 0 : Math.min(built.tcp.window, 0xffff * (1 << shift));
  const told = before(state.rcv_nxt[c], state.rcv_edge[c]) ? u32(state.rcv_edge[c] - state.rcv_nxt[c]) : 0;
  const value = Math.min(0xffff, Math.trunc(Math.max(room, told) / (1 << shift)));
  state.rcv_edge[c] = u32(state.rcv_nxt[c] + value * (1 << shift));
  return value;
}

/**
 * Notes runs of packets that came out of order in `told`, first and last edge of each, three at most; how many there are. The run of the
 * packet that came last is the first (RFC 2018, 4), the others are the lowest.
 */
function gatherBlocks(tcp: Tcp, c: number): number {
  const { held, told, newest } = tcp.state;
  const count = held.count(c);
  let runs = 0;
  let start: number = 0;
  let end: number = 0;
  let chosen = 0;
  let chosenStart: number = 0;
  let chosenEnd: number = 0;
  for (let index = 0; index < HELD_MAX + 2; index += 1) {
    if (index >= count) break;
    const other = held.take(c);
    if (other === null) break;
    const from = other.annotationU32(20);
    const to = u32(from + other.length + (other.paint & 1));
    held.append(c, other);
    if (runs > 0 && !before(end, from)) {
      if (before(end, to)) end = to;
    } else {
      start = from;
      end = to;
      runs = Math.min(runs + 1, HELD_MAX);
    }
    if (runs <= 3) {
      told[2 * runs - 2] = start;
      told[2 * runs - 1] = end;
    }
    if (!before(newest, from) && before(newest, to)) chosen = runs;
    if (chosen === runs) {
      chosenStart = start;
      chosenEnd = end;
    }
  }
  if (chosen > 1) {
    if (chosen > 2) {
      told[4] = told[2];
      told[5] = told[3];
    }
    told[2] = told[0];
    told[3] = told[1];
    told[0] = chosenStart;
    told[1] = chosenEnd;
  }
  return Math.min(runs, 3);
}

/**
 * Sends what the connection may and must send now. `fill(tcp, c, packet, place, sequence, length)` writes bytes of the stream to
 * `place` of the packet, which has SCRATCH_BYTES behind them.
 */
export function transmit(tcp: Tcp, c: number, fill: (tcp: any, c: number, packet: Packet, place: u16, sequence: u32, length: u16) => void): void {
  const { state, built, clock, counters, packets, outputs, emit } = tcp;
  const now = clock.microseconds;
  const headers = isOver6(tcp, c) ? HEADERS + LONGER_BYTES : HEADERS;
  const blocks = (state.flags[c] & FLAG.ack_now) !== 0 && (state.flags[c] & FLAG.sack) !== 0 && state.held.count(c) > 0 ? gatherBlocks(tcp, c) : 0;
  for (let burst = 0; burst < BURST; burst += 1) {
    const status = state.status[c];
    const flags = state.flags[c];
    if (status === STATUS.closed) return;
    const una = state.snd_una[c];
    const end = state.snd_end[c];
    const opening = status === STATUS.syn_sent || status === STATUS.syn_received;
    const mss = state.mss[c];
    let sequence: number = state.snd_nxt[c];
    let length: u16 = 0;
    let syn = false;
    let fin = false;
    let filling = false;
    if (opening) {
      syn = sequence === una;
    } else if (status !== STATUS.time_wait) {
      const fast = (flags & FLAG.recovery) !== 0;
      const lost = fast && (flags & FLAG.lost) !== 0;
      const way = fast && (flags & FLAG.sack) !== 0 ? bytesOnTheWay(tcp, c) : u32(sequence - una);
      const cwnd = state.cwnd[c] + (fast ? 0 : Math.min(2, state.duplicates[c]) * mss);
      if (lost || (fast && (flags & FLAG.sack) !== 0 && way < cwnd)) {
        const hole = firstMissing(tcp, c, before(state.hole[c], una) ? una : state.hole[c]);
        const limit = nextBlock(tcp, c, hole, lost ? state.snd_max[c] : hole);
        if (before(hole, limit)) {
          sequence = hole;
          length = Math.min(mss, u32(limit - hole), before(hole, end) ? u32(end - hole) : 0);
          filling = true;
        }
      }
      if (!filling) {
        // After a time-out all is sent again but what the other side is known to have.
        if (before(sequence, state.snd_max[c])) sequence = firstMissing(tcp, c, sequence);
        const left = before(sequence, end) ? u32(end - sequence) : 0;
        const flight = u32(sequence - una);
        const room = Math.min(Math.max(0, state.snd_wnd[c] - flight), Math.max(0, cwnd - way));
        length = Math.min(mss, left, room);
        if ((flags & FLAG.probe) !== 0) length = Math.max(length, Math.min(1, left));
        // A window that opens by a few bytes is waited for (RFC 9293, 3.8.6.2.1).
        else if (length < left && length < mss && flight > 0) length = 0;
      }
      fin = (flags & FLAG.closing) !== 0 && u32(sequence + length) === end && (status !== STATUS.fin_wait_2) && !before(end, una);
      // A window that is shut keeps a FIN back only if data is.
      if (fin && length === 0 && before(sequence, end)) fin = false;
    }
    const nothing = !syn && length === 0 && !fin;
    if (nothing && (flags & FLAG.ack_now) === 0) break;
    if (nothing && status === STATUS.syn_sent) break;
    const stamped = (flags & FLAG.timestamps) !== 0 || (syn && status === STATUS.syn_sent);
    const sack = (flags & FLAG.sack) !== 0 || (syn && status === STATUS.syn_sent);
    const scaled = (flags & FLAG.scaled) !== 0 || (syn && status === STATUS.syn_sent);
    const blocked = nothing && blocks > 0;
    const room = syn ? synOptionBytes(scaled ? built.tcp.scale : -1, sack, stamped) : (stamped ? 12 : 0);
    const packet = packets.ofLength(headers + room + (blocked ? 28 : 0) + length + (length > 0 ? SCRATCH_BYTES : 0));
    if (packet === null) {
      counters.no_buffers.add(1);
      // Somebody has to come back for it.
      if (state.retransmit_at[c] === 0) state.retransmit_at[c] = Math.min(now + state.rto_us[c], TIME_RANGE.high);
      break;
    }
    if (length > 0) fill(tcp, c, packet, headers + room, sequence, length);
    let options: number = room;
    if (syn) writeSynOptions(packet, headers, built.tcp.mss + HEADERS - headers, scaled ? built.tcp.scale : -1, sack, stamped, milliseconds(now), state.ts_recent[c]);
    else if (stamped) {
      packet.storeU32(headers, 0x0101_080a);
      packet.storeU32(headers + 4, milliseconds(now));
      packet.storeU32(headers + 8, state.ts_recent[c]);
    }
    if (blocked) {
      for (let edge = 0; edge < 6; edge += 1) packet.storeU32(headers + room + 4 + 4 * edge, state.told[edge]!);
      packet.storeU32(headers + room, 0x0101_0500 + 2 + 8 * blocks);
      options = room + 4 + 8 * blocks;
    }
    packet.truncate(headers + options + length);
    const segment = layout.atOffset(packet, headers - 20);
    const ports = state.ports[c];
    segment.source_port = ports >>> 16;
    segment.destination_port = ports & 0xffff;
    // What only acknowledges says what comes next, whatever was sent before.
    segment.sequence = nothing ? ((flags & FLAG.asks) !== 0 ? u32(state.snd_max[c] - 1) : state.snd_max[c]) : sequence;
    const acknowledges = status !== STATUS.syn_sent;
    segment.acknowledgement = acknowledges ? state.rcv_nxt[c] : 0;
    segment.data_offset = ((20 + options) >>> 2) & 15;
    let bits: number = acknowledges ? TCP_FLAG.ack : 0;
    if (syn) bits = bits | TCP_FLAG.syn;
    if (fin) bits = bits | TCP_FLAG.fin;
    if (length > 0 && u32(sequence + length) === end) bits = bits | TCP_FLAG.psh;
    segment.flags = bits;
    segment.window = syn ? Math.min(0xffff, built.tcp.window) : windowToTell(tcp, c);
    if (syn && acknowledges) state.rcv_edge[c] = u32(state.rcv_nxt[c] + Math.min(0xffff, built.tcp.window));
    finishOf(tcp, c, packet);
    if (acknowledges) {
      state.flags[c] = state.flags[c] & ~(FLAG.ack_now | FLAG.ack_soon | FLAG.asks) & 0xffff;
      state.ack_at[c] = 0;
    }
    if (!nothing) {
      const next = u32(sequence + length + (syn ? 1 : 0) + (fin ? 1 : 0));
      const again = before(sequence, state.snd_max[c]);
      if (again) counters.retransmitted.add(1);
      if (filling) {
        state.hole[c] = next;
        state.flags[c] = state.flags[c] & ~FLAG.lost & 0xffff;
      } else {
        state.snd_nxt[c] = next;
        state.flags[c] = state.flags[c] & ~FLAG.probe & 0xffff;
      }
      if (before(state.snd_max[c], next)) state.snd_max[c] = next;
      if (!again && (state.flags[c] & FLAG.timing) === 0 && (state.flags[c] & FLAG.recovery) === 0) {
        state.flags[c] = state.flags[c] | FLAG.timing;
        state.timed[c] = next;
        state.timed_at[c] = now;
      }
      if (state.retransmit_at[c] === 0 || filling) state.retransmit_at[c] = Math.min(now + state.rto_us[c], TIME_RANGE.high);
      if (fin && status === STATUS.established) state.status[c] = STATUS.fin_wait_1;
      if (fin && status === STATUS.close_wait) state.status[c] = STATUS.last_ack;
    }
    emit(outputs.out, packet);
    if (nothing || syn) break;
  }
  // Data waits for a window: when it stays shut it is asked for (RFC 9293, 3.8.6.1).
  const waiting = before(state.snd_nxt[c], state.snd_end[c]) && state.snd_nxt[c] === state.snd_una[c] && state.status[c] >= STATUS.established;
  if (waiting && state.retransmit_at[c] === 0) state.retransmit_at[c] = Math.min(now + state.rto_us[c], TIME_RANGE.high);
  schedule(tcp, c);
}
