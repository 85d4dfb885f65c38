/** Beginnings and ends of connections. */
import { consumed, u32, type u16, type u53 } from 'wirelet';
import { FLAG, HELD_MAX, STATUS, type Tcp, WHEEL_BUCKETS } from './connection.js';
import { RTO_FIRST_US, startCongestion } from './congestion.js';
import { DATA_BYTES_6, isOver6, LONGER_BYTES } from './ipv6.js';
import { keyedHash } from './keyed-hash.js';
import { clearBlocks } from './scoreboard.js';
import { unlink } from './wheel.js';

/** Milliseconds, as timestamps count them. */
export function milliseconds(now: u53): u32 {
  return u32(Math.trunc(now / 1000));
}

/** Where a stream begins that nobody can foresee (RFC 6528). */
export function initialSequence(tcp: Tcp, peer: u32, own: u32, ports: u32): u32 {
  const { state, clock } = tcp;
  return u32(keyedHash(state.secret0, state.secret1, peer, own, ports, 0) + Math.trunc(clock.microseconds / 4));
}

/** A new connection, everything zero but its addresses; -1: there is no room. */
export function allocate(tcp: Tcp, peer: u32, own: u32, ports: u32, iss: u32): number {
  const { state } = tcp;
  const c = state.free;
  if (c >= state.status.length) return -1;
  const slot = state.by_address.insert(peer, own, ports);
  if (slot < 0) return -1;
  state.by_address.connection[slot] = c;
  state.free = state.next[c];
  state.open = Math.min(state.open + 1, 0xffff_ffff);
  state.bucket[c] = WHEEL_BUCKETS;
  state.flags[c] = 0;
  state.peer[c] = peer;
  state.own[c] = own;
  state.ports[c] = ports;
  state.snd_una[c] = iss;
  state.snd_nxt[c] = iss;
  state.snd_max[c] = iss;
  state.snd_end[c] = u32(iss + 1);
  state.snd_wnd[c] = 0;
  state.snd_scale[c] = 0;
  state.mss[c] = 536;
  state.rcv_nxt[c] = 0;
  state.rcv_edge[c] = 0;
  state.recover[c] = iss;
  state.hole[c] = iss;
  state.duplicates[c] = 0;
  state.srtt_us[c] = 0;
  state.rttvar_us[c] = 0;
  state.rto_us[c] = RTO_FIRST_US;
  state.tries[c] = 0;
  state.ts_recent[c] = 0;
  state.retransmit_at[c] = 0;
  state.ack_at[c] = 0;
  state.idle_at[c] = 0;
  state.wish_at[c] = 0;
  clearBlocks(tcp, c);
  startCongestion(tcp, c);
  return c;
}

/** Takes over what the options of a SYN say, which `option_...` hold: sizes, and what both sides can do. */
export function agree(tcp: Tcp, c: number, irs: u32): void {
  const { state, built } = tcp;
  const timestamps = state.option_timestamps !== 0;
  let flags: number = state.flags[c];
  if (timestamps) flags = flags | FLAG.timestamps;
  if (state.option_sack !== 0) flags = flags | FLAG.sack;
  if (state.option_scale >= 0) flags = flags | FLAG.scaled;
  state.flags[c] = flags;
  state.snd_scale[c] = Math.max(0, state.option_scale);
  state.ts_recent[c] = state.option_value;
  const over6 = isOver6(tcp, c);
  // Without the option, 536 or 1220 (RFC 9293, MUST-15); absurdly small ones would make more headers than data.
  const told = state.option_mss !== 0 ? state.option_mss : over6 ? DATA_BYTES_6 : 536;
  const mss = Math.max(88, Math.min(over6 ? Math.min(built.tcp.mss - LONGER_BYTES, DATA_BYTES_6) : built.tcp.mss, told));
  state.mss[c] = Math.max(64, Math.min(1460, mss - (timestamps ? 12 : 0)));
  state.rcv_nxt[c] = u32(irs + 1);
  state.rcv_edge[c] = u32(irs + 1);
  startCongestion(tcp, c);
}

/** Frees the connection and all it holds. */
export function release(tcp: Tcp, c: number): void {
  const { state } = tcp;
  unlink(tcp, c);
  for (let index = 0; index < HELD_MAX + 2; index += 1) {
    const packet = state.held.take(c);
    if (packet === null) break;
    tcp.emit(consumed, packet);
  }
  const slot = state.by_address.find(state.peer[c], state.own[c], state.ports[c]);
  if (slot >= 0) state.by_address.remove(slot);
  if (state.status[c] === STATUS.syn_received) state.half_open = Math.max(0, state.half_open - 1);
  state.status[c] = STATUS.closed;
  state.retransmit_at[c] = 0;
  state.ack_at[c] = 0;
  state.idle_at[c] = 0;
  state.wish_at[c] = 0;
  state.next[c] = state.free;
  state.free = c;
  state.open = Math.max(0, state.open - 1);
}

/** Ports of a segment from the other side, as the key of its connection. */
export function portsOf(own: u16, peer: u16): u32 {
  return own * 65_536 + peer;
}
