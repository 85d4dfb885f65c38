/**
 * When connections need attention: a wheel of buckets of 10 ms. A connection lies in the bucket of its earliest time, or earlier; one
 * that is found too early is put where it belongs then, so that a time that moves on, as nearly all do, costs nothing.
 */
import { i32, TIME_RANGE, type u53 } from 'wirelet';
import { WHEEL_BUCKETS, WHEEL_TICK_US, type Tcp } from './connection.js';

/** The earliest time at which something is due, or 0. */
export function dueAt(tcp: Tcp, c: number): u53 {
  const { state } = tcp;
  const none = TIME_RANGE.high;
  const retransmit = state.retransmit_at[c];
  const ack = state.ack_at[c];
  const idle = state.idle_at[c];
  const wish = state.wish_at[c];
  const due = Math.min(retransmit === 0 ? none : retransmit, ack === 0 ? none : ack, idle === 0 ? none : idle, wish === 0 ? none : wish);
  return due === none ? 0 : due;
}

/** Sets the timer. */
export function setTick(tcp: Tcp, at: u53): void {
  const time = Math.min(at, TIME_RANGE.high);
  tcp.state.tick_at = time;
  tcp.timers.tick.at(time);
}

export function unlink(tcp: Tcp, c: number): void {
  const { state } = tcp;
  const bucket = state.bucket[c];
  if (bucket >= WHEEL_BUCKETS) return;
  const next = state.next[c];
  const previous = state.previous[c];
  if (next < state.next.length) state.previous[next] = previous;
  if (previous < state.next.length) state.next[previous] = next;
  else state.wheel[bucket] = next;
  state.bucket[c] = WHEEL_BUCKETS;
  state.wheel_count = Math.max(0, state.wheel_count - 1);
}

/** Puts the connection where it is found in time, unless it is. */
export function schedule(tcp: Tcp, c: number): void {
  const { state, clock, timers } = tcp;
  const due = dueAt(tcp, c);
  if (due === 0) return;
  const now = clock.microseconds;
  if (state.wheel_count === 0) state.wheel_at = Math.min(TIME_RANGE.high, Math.max(0, now - (now % WHEEL_TICK_US)));
  // Buckets between the one that is due next and the one for it.
  const away = Math.trunc(Math.max(0, Math.min(due, TIME_RANGE.high) - state.wheel_at) / WHEEL_TICK_US);
  const first = Math.trunc(state.wheel_at / WHEEL_TICK_US);
  const wanted = (first + Math.min(away + 1, WHEEL_BUCKETS - 1)) % WHEEL_BUCKETS;
  const bucket = state.bucket[c];
  if (bucket < WHEEL_BUCKETS) {
    const start = first % WHEEL_BUCKETS;
    if ((bucket + WHEEL_BUCKETS - start) % WHEEL_BUCKETS <= (wanted + WHEEL_BUCKETS - start) % WHEEL_BUCKETS) return;
    unlink(tcp, c);
  }
  const next = state.wheel[wanted];
  state.next[c] = next;
  state.previous[c] = state.next.length;
  if (next < state.next.length) state.previous[next] = i32(c);
  state.wheel[wanted] = i32(c);
  state.bucket[c] = wanted;
  state.wheel_count = Math.min(state.wheel_count + 1, 0xffff_ffff);
  const at = Math.min(state.wheel_at + ((wanted + WHEEL_BUCKETS - (first % WHEEL_BUCKETS)) % WHEEL_BUCKETS) * WHEEL_TICK_US, TIME_RANGE.high);
  if (!timers.tick.pending || at < state.tick_at) setTick(tcp, at);
}
