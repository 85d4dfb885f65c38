/** Data of segments, in order: what comes too early is kept (RFC 9293, 3.10.7.4, seventh). */
import { consumed, i32, TCP_FLAG, TIME_RANGE, u32, type Packet, type u8 } from 'wirelet';
import { finish } from './arrive.js';
import { before, FLAG, HELD_MAX, STATUS, type Tcp } from './connection.js';

/** An acknowledgement of data that came in order waits this long for data to go with it (RFC 1122, 4.2.3.2), or for a second segment. */
const DELAYED_ACK_US = 40_000;
/** Annotations of packets that are kept: where their data begins in the stream, and whether a FIN follows it. */
const SEQUENCE = 20;

/** Moves the first `count` packets of the connection to the end of its list. */
function rotate(tcp: Tcp, c: number, count: number): void {
  const { held } = tcp.state;
  for (let index = 0; index < HELD_MAX + 2; index += 1) {
    if (index >= count) break;
    const other = held.take(c);
    if (other === null) break;
    held.append(c, other);
  }
}

/** How many of the packets kept begin no later than `sequence`. */
function countBefore(tcp: Tcp, c: number, sequence: u32, count: number): number {
  const { held } = tcp.state;
  let found = 0;
  for (let index = 0; index < HELD_MAX + 2; index += 1) {
    if (index >= count) break;
    const other = held.take(c);
    if (other === null) break;
    if (!before(sequence, other.annotationU32(SEQUENCE))) found += 1;
    held.append(c, other);
  }
  return found;
}

/** Gives up the last packet kept, which the other side sends again. */
function forgetLast(tcp: Tcp, c: number): void {
  rotate(tcp, c, Math.max(0, tcp.state.held.count(c) - 1));
  const last = tcp.state.held.take(c);
  if (last !== null) tcp.emit(consumed, last);
}

/** Keeps the data of a segment, which is the whole packet, in its place, if there is room. */
export function keep(tcp: Tcp, c: number, packet: Packet, sequence: u32, bits: u8): void {
  const { state, counters, emit } = tcp;
  const { held } = state;
  packet.setAnnotationU32(SEQUENCE, sequence);
  packet.paint = bits & TCP_FLAG.fin;
  const count = held.count(c);
  const early = before(state.rcv_nxt[c], sequence);
  // What comes in order does not stay, and has a place of its own: whoever fills all others cannot keep anybody's stream from going on.
  if (held.full || (early && (count >= tcp.built.tcp.held || held.length + 1 >= held.capacity))) {
    state.flags[c] = state.flags[c] | FLAG.ack_now;
    emit(consumed, packet);
    return;
  }
  if (early) {
    counters.out_of_order.add(1);
    state.newest = sequence;
  }
  const first = countBefore(tcp, c, sequence, count);
  rotate(tcp, c, first);
  held.append(c, packet);
  rotate(tcp, c, count - first);
}

/**
 * Gives the application what is in order: `deliver(tcp, c, packet)` ends the packet and returns how many of its bytes it does not
 * take now; `finished(tcp, c)` says that nothing more will come.
 */
export function drain(tcp: Tcp, c: number, deliver: (tcp: any, c: number, packet: Packet) => number, finished: (tcp: any, c: number) => void): void {
  const { state, clock, emit } = tcp;
  const { held } = state;
  for (let round = 0; round < HELD_MAX + 2; round += 1) {
    const packet = held.take(c);
    if (packet === null) break;
    const ahead = i32(state.rcv_nxt[c] - packet.annotationU32(SEQUENCE));
    if (ahead < 0) {
      const count = held.count(c);
      held.append(c, packet);
      rotate(tcp, c, count);
      state.flags[c] = state.flags[c] | FLAG.ack_now;
      break;
    }
    const fin = packet.paint;
    packet.paint = 0;
    if (ahead >= packet.length + fin) {
      state.flags[c] = state.flags[c] | FLAG.ack_now;
      emit(consumed, packet);
    } else {
      packet.strip(Math.min(ahead, packet.length));
      const room = before(state.rcv_nxt[c], state.rcv_edge[c]) ? u32(state.rcv_edge[c] - state.rcv_nxt[c]) : 0;
      const whole = packet.length <= room;
      packet.truncate(room);
      const length = packet.length;
      state.rcv_nxt[c] = u32(state.rcv_nxt[c] + length);
      if ((state.flags[c] & FLAG.ack_soon) !== 0 || held.count(c) > 0) state.flags[c] = state.flags[c] | FLAG.ack_now;
      state.flags[c] = state.flags[c] | FLAG.ack_soon;
      if (state.ack_at[c] === 0) state.ack_at[c] = Math.min(clock.microseconds + DELAYED_ACK_US, TIME_RANGE.high);
      let left = 0;
      if (length > 0) left = deliver(tcp, c, packet);
      else emit(consumed, packet);
      if (state.status[c] === STATUS.closed) break;
      if (left > 0) {
        state.rcv_nxt[c] = u32(state.rcv_nxt[c] - left);
        state.flags[c] = state.flags[c] | FLAG.shut | FLAG.ack_now;
        if (held.full) forgetLast(tcp, c);
        break;
      }
      if (fin !== 0 && whole) {
        finish(tcp, c);
        finished(tcp, c);
      }
    }
  }
}
