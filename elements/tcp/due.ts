/** What connections do when a time has come. */
import { TIME_RANGE, type u53 } from 'wirelet';
import { END, FLAG, STATUS, type Tcp, WHEEL_BUCKETS, WHEEL_TICK_US } from './connection.js';
import { timedOut } from './congestion.js';
import { release } from './lifetime.js';
import type { Application } from './segment.js';
import { transmit } from './transmit.js';
import { dueAt, schedule, setTick, unlink } from './wheel.js';

/** Places of the wheel that are looked at in one go. */
const LOOKS = 512;

function isDue(at: u53, now: u53): boolean {
  return at !== 0 && at <= now;
}

/** The connection's times that have come; END.closed or more: it is over, and why. */
function handle(tcp: Tcp, c: number): number {
  const { state, built, clock } = tcp;
  const now = clock.microseconds;
  if (isDue(state.ack_at[c], now)) {
    state.ack_at[c] = 0;
    state.flags[c] = state.flags[c] | FLAG.ack_now;
  }
  if (isDue(state.retransmit_at[c], now)) {
    state.retransmit_at[c] = 0;
    if (!timedOut(tcp, c)) return END.timed_out;
  }
  if (isDue(state.idle_at[c], now)) {
    state.idle_at[c] = 0;
    const status = state.status[c];
    if (status === STATUS.time_wait || status === STATUS.fin_wait_2) return END.closed;
    if (status === STATUS.established && built.tcp.keepalive_us > 0 && state.snd_una[c] === state.snd_max[c]) {
      // Silence: an acknowledgement of the byte before the last asks for one (RFC 9293, 3.8.4).
      if (state.tries[c] >= built.tcp.keepalive_probes) return END.timed_out;
      state.tries[c] = Math.min(255, state.tries[c] + 1);
      state.flags[c] = state.flags[c] | FLAG.ack_now | FLAG.asks;
      state.idle_at[c] = Math.min(now + built.tcp.keepalive_interval_us, TIME_RANGE.high);
    } else if (status === STATUS.established && built.tcp.keepalive_us > 0) state.idle_at[c] = Math.min(now + built.tcp.keepalive_us, TIME_RANGE.high);
  }
  return -1;
}

/** The next connection whose time has come, or -1; those that are found too early are put where they belong. */
function nextDue(tcp: Tcp, now: u53): number {
  const { state } = tcp;
  let found = -1;
  for (let step = 0; step < LOOKS; step += 1) {
    if (state.wheel_at > now || state.wheel_count === 0) break;
    const bucket = Math.trunc(state.wheel_at / WHEEL_TICK_US) % WHEEL_BUCKETS;
    const c = state.wheel[bucket]!;
    if (c >= state.status.length) {
      state.wheel_at = Math.min(state.wheel_at + WHEEL_TICK_US, TIME_RANGE.high);
    } else {
      unlink(tcp, c);
      const due = dueAt(tcp, c);
      if (due !== 0 && due <= now) {
        found = c;
        break;
      }
      schedule(tcp, c);
    }
  }
  return found;
}

/** Handles a connection whose time has come. `wish(tcp, c)` is called when a time has come that the application set. */
export function tick(tcp: Tcp, fill: Application['fill'], ended: Application['ended'], wish: (tcp: any, c: number) => void): void {
  const { state, clock, counters } = tcp;
  const now = clock.microseconds;
  const c = nextDue(tcp, now);
  if (c >= 0) {
    const over = handle(tcp, c);
    if (over >= 0) {
      if (over !== END.closed) counters.aborted.add(1);
      ended(tcp, c, over);
      release(tcp, c);
    } else {
      if (isDue(state.wish_at[c]!, now)) {
        state.wish_at[c] = 0;
        wish(tcp, c);
      }
      transmit(tcp, c, fill);
    }
  }
  if (state.wheel_count === 0) return;
  // What else is due is done in the next round of the loop, after packets that came meanwhile.
  let at: number = now;
  if (state.wheel_at > now) {
    const first = Math.trunc(state.wheel_at / WHEEL_TICK_US);
    for (let ahead = 0; ahead < WHEEL_BUCKETS; ahead += 1) {
      at = state.wheel_at + ahead * WHEEL_TICK_US;
      if (state.wheel[(first + ahead) % WHEEL_BUCKETS]! < state.status.length) break;
    }
  }
  setTick(tcp, at);
}
