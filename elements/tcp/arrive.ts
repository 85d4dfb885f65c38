/** Segments that arrive for a connection (RFC 9293, 3.10.7). */
import { TCP_FLAG, TIME_RANGE, u16, u32, type i32, type Packet, type u8 } from 'wirelet';
import { acknowledged, duplicate, measuredTimeout } from './congestion.js';
import { before, END, FLAG, STATUS, type Tcp } from './connection.js';
import { agree } from './lifetime.js';
import { findBlocks } from './options.js';
import { addBlock } from './scoreboard.js';

/** What is to be done with a segment when its header was taken in. */
export const ARRIVED = Object.freeze({
  /** Nothing more. */
  done: 0,
  /** Its data is to be looked at. */
  text: 1,
  /** The connection is no more. */
  reset: 2,
  /** It is answered with a RST. */
  refused: 3,
});

/** How long a connection is half open, or waits for the other side's FIN, at most. */
const FIN_WAIT_US = 60_000_000;

function later(tcp: Tcp, us: number): number {
  return Math.min(tcp.clock.microseconds + us, TIME_RANGE.high);
}

/** The connection is open: from now on silence is noticed. */
function establish(tcp: Tcp, c: number): void {
  const { state, built, counters } = tcp;
  if (state.status[c] === STATUS.syn_received) state.half_open = Math.max(0, state.half_open - 1);
  state.status[c] = STATUS.established;
  state.idle_at[c] = built.tcp.keepalive_us > 0 ? later(tcp, built.tcp.keepalive_us) : 0;
  counters.opened.add(1);
}

/** Marks a connection that a cookie stood for as open. */
export function establishFromCookie(tcp: Tcp, c: number): void {
  const { state } = tcp;
  state.snd_una[c] = u32(state.snd_una[c] + 1);
  state.snd_nxt[c] = state.snd_una[c];
  state.snd_max[c] = state.snd_una[c];
  // The segment at hand is newer than the SYN, which nobody remembers: its window counts (RFC 9293, 3.10.7.4).
  state.snd_wl1[c] = u32(state.rcv_nxt[c] - 1);
  state.snd_wl2[c] = state.snd_una[c];
  establish(tcp, c);
}

/** A segment answers a SYN of ours. */
function answered(tcp: Tcp, c: number, sequence: u32, acknowledgement: u32, bits: u8, window: u16): i32 {
  const { state } = tcp;
  const acknowledges = (bits & TCP_FLAG.ack) !== 0;
  const acceptable = acknowledges && acknowledgement === state.snd_max[c] && acknowledgement !== state.snd_una[c];
  if (acknowledges && !acceptable) return (bits & TCP_FLAG.rst) !== 0 ? ARRIVED.done : ARRIVED.refused;
  if ((bits & TCP_FLAG.rst) !== 0) return acceptable ? ARRIVED.reset : ARRIVED.done;
  if ((bits & TCP_FLAG.syn) === 0) return ARRIVED.done;
  agree(tcp, c, sequence);
  state.snd_wnd[c] = window;
  state.snd_wl1[c] = sequence;
  state.snd_wl2[c] = acknowledgement;
  if (acknowledges) {
    acknowledged(tcp, c, acknowledgement, 1);
    establish(tcp, c);
    state.flags[c] = state.flags[c] | FLAG.ack_now;
  } else {
    // Both opened at once: the SYN is sent again, with an acknowledgement.
    state.status[c] = STATUS.syn_received;
    state.half_open = Math.min(state.half_open + 1, 0xffff_ffff);
    state.snd_nxt[c] = state.snd_una[c];
  }
  return ARRIVED.done;
}

/** Takes in acknowledgement and window of a segment that fits; whether the connection goes on. */
function takeAcknowledgement(tcp: Tcp, c: number, packet: Packet, options: u16, data: u16, sequence: u32, acknowledgement: u32, window: u32, hasText: boolean): boolean {
  const { state } = tcp;
  const una = state.snd_una[c];
  if (before(state.snd_max[c], acknowledgement)) {
    state.flags[c] = state.flags[c] | FLAG.ack_now;
    return false;
  }
  if (before(acknowledgement, una)) {
    // Older than anything that can still be on its way: a guess (RFC 5961, 5.2).
    if (!before(acknowledgement, u32(una - 0xffff * (1 << state.snd_scale[c])))) return true;
    state.flags[c] = state.flags[c] | FLAG.ack_now;
    return false;
  }
  let told = false;
  // Twelve bytes are timestamps and nothing else, or one block.
  if ((state.flags[c] & FLAG.sack) !== 0 && data >= options + (state.option_timestamps !== 0 ? 22 : 10)) {
    const place = findBlocks(packet, options, data);
    if (place < data) {
      const blocks = Math.trunc((packet.loadU8(place - 1) - 2) / 8);
      for (let block = 0; block < 4; block += 1) {
        if (block < blocks && addBlock(tcp, c, packet.loadU32(place + 8 * block), packet.loadU32(place + 8 * block + 4))) told = true;
      }
    }
  }
  const bytes = u32(acknowledgement - una);
  if (bytes > 0) {
    acknowledged(tcp, c, acknowledgement, bytes);
  } else if (una !== state.snd_max[c] && ((state.flags[c] & FLAG.sack) !== 0 ? told : !hasText && window === state.snd_wnd[c])) {
    duplicate(tcp, c);
  } else if (!hasText && state.snd_wnd[c] === 0) {
    // It is there, and says that its window is shut.
    state.tries[c] = 0;
  }
  if (before(state.snd_wl1[c], sequence) || (state.snd_wl1[c] === sequence && !before(acknowledgement, state.snd_wl2[c]))) {
    // A window that opens is used at once; what asked for it was not taken.
    if (state.snd_wnd[c] === 0 && window > 0) {
      state.retransmit_at[c] = 0;
      state.snd_nxt[c] = state.snd_una[c];
      measuredTimeout(tcp, c);
    }
    state.snd_wnd[c] = window;
    state.snd_wl1[c] = sequence;
    state.snd_wl2[c] = acknowledgement;
  }
  return true;
}

/** What the acknowledgement of our FIN means; whether the connection is over. */
function finAcknowledged(tcp: Tcp, c: number): boolean {
  const { state, built } = tcp;
  const status = state.status[c];
  if (status < STATUS.fin_wait_1 || status === STATUS.close_wait || !before(state.snd_end[c], state.snd_una[c])) return false;
  if (status === STATUS.last_ack) return true;
  if (status === STATUS.fin_wait_1) {
    state.status[c] = STATUS.fin_wait_2;
    state.idle_at[c] = later(tcp, FIN_WAIT_US);
  } else if (status === STATUS.closing) {
    state.status[c] = STATUS.time_wait;
    state.idle_at[c] = later(tcp, built.tcp.time_wait_us);
  }
  return false;
}

/**
 * Takes in the header of a segment: the TCP header lies at `transport`, its data from `data` on, `length` bytes of it. The options
 * were read. What it returns is one of ARRIVED.
 */
export function arrive(tcp: Tcp, c: number, packet: Packet, transport: u16, data: u16, length: u16): i32 {
  const { state, built } = tcp;
  const sequence = packet.loadU32(transport + 4);
  const acknowledgement = packet.loadU32(transport + 8);
  const bits = packet.loadU8(transport + 13);
  const status = state.status[c];
  const given = packet.loadU16(transport + 14);
  if (status === STATUS.syn_sent) return answered(tcp, c, sequence, acknowledgement, bits, given);
  const next = state.rcv_nxt[c];
  const total = length + ((bits & TCP_FLAG.fin) !== 0 ? 1 : 0);
  const last = u32(sequence + total);
  // Within the window, or with nothing new and at its left edge (RFC 9293, 3.10.7.4).
  const edge = state.rcv_edge[c];
  const fits = total === 0 ? !before(sequence, next) && !before(edge, sequence) : before(next, last) && before(sequence, edge);
  const isReset = (bits & TCP_FLAG.rst) !== 0;
  if ((state.flags[c] & FLAG.timestamps) !== 0 && state.option_timestamps !== 0 && !isReset) {
    // Protection against old sequence numbers (RFC 7323, 5.3).
    if (before(state.option_value, state.ts_recent[c])) {
      state.flags[c] = state.flags[c] | FLAG.ack_now;
      return ARRIVED.done;
    }
    if (!before(next, sequence)) state.ts_recent[c] = state.option_value;
  }
  if (status === STATUS.syn_received && (bits & TCP_FLAG.syn) !== 0 && !isReset && u32(sequence + 1) === next) {
    if ((bits & TCP_FLAG.ack) !== 0 && acknowledgement === state.snd_max[c]) {
      // Both opened at once, and the other side has our SYN.
      state.snd_wnd[c] = given;
      state.snd_wl1[c] = sequence;
      state.snd_wl2[c] = acknowledgement;
      acknowledged(tcp, c, acknowledgement, 1);
      establish(tcp, c);
      state.flags[c] = state.flags[c] | FLAG.ack_now;
    } else state.snd_nxt[c] = state.snd_una[c];
    return ARRIVED.done;
  }
  if (isReset) {
    // Exactly in place, or it may be a guess (RFC 5961, 3.2).
    if (sequence === next) return ARRIVED.reset;
    if (fits) state.flags[c] = state.flags[c] | FLAG.ack_now;
    return ARRIVED.done;
  }
  // Probes of a shut window and of silence are answered, too; so is a SYN (RFC 5961, 4.2).
  const shut = edge === next && sequence === next;
  if ((!fits && !shut) || (bits & TCP_FLAG.syn) !== 0) {
    state.flags[c] = state.flags[c] | FLAG.ack_now;
    if ((bits & TCP_FLAG.syn) !== 0) return ARRIVED.done;
  }
  if ((bits & TCP_FLAG.ack) === 0) return ARRIVED.done;
  const window = given * (1 << state.snd_scale[c]);
  if (status === STATUS.syn_received) {
    if (acknowledgement !== state.snd_max[c] || acknowledgement === state.snd_una[c]) return ARRIVED.refused;
    state.snd_wnd[c] = window;
    state.snd_wl1[c] = sequence;
    state.snd_wl2[c] = acknowledgement;
    establish(tcp, c);
  }
  if (!takeAcknowledgement(tcp, c, packet, transport + 20, data, sequence, acknowledgement, u32(window), total > 0)) return ARRIVED.done;
  if (state.status[c] === STATUS.established && built.tcp.keepalive_us > 0) state.idle_at[c] = later(tcp, built.tcp.keepalive_us);
  if (state.snd_una[c] === state.snd_max[c]) state.tries[c] = 0;
  if (finAcknowledged(tcp, c)) return ARRIVED.reset;
  if (total === 0 || !fits) return ARRIVED.done;
  if ((state.flags[c] & FLAG.shut) !== 0) {
    state.flags[c] = state.flags[c] | FLAG.ack_now;
    return ARRIVED.done;
  }
  const receiving = state.status[c];
  return receiving === STATUS.established || receiving === STATUS.fin_wait_1 || receiving === STATUS.fin_wait_2 ? ARRIVED.text : ARRIVED.done;
}

/** The other side sends nothing more. */
export function finish(tcp: Tcp, c: number): void {
  const { state, built } = tcp;
  state.rcv_nxt[c] = u32(state.rcv_nxt[c] + 1);
  state.flags[c] = state.flags[c] | FLAG.finished | FLAG.ack_now;
  const status = state.status[c];
  if (status === STATUS.established) state.status[c] = STATUS.close_wait;
  else if (status === STATUS.fin_wait_1) state.status[c] = STATUS.closing;
  else if (status === STATUS.fin_wait_2) {
    state.status[c] = STATUS.time_wait;
    state.idle_at[c] = later(tcp, built.tcp.time_wait_us);
  }
}

/** Whether the end of a connection was orderly. */
export function endOf(tcp: Tcp, c: number): i32 {
  return tcp.state.status[c] === STATUS.last_ack || tcp.state.status[c] === STATUS.time_wait ? END.closed : END.reset;
}

