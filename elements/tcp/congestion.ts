/** Retransmission time-out (RFC 6298), and how much may be on its way: New Reno (RFC 5681, RFC 6582), with SACK as RFC 6675. */
import { TIME_RANGE, u32, type u53, type u8 } from 'wirelet';
import { FLAG, STATUS, type Tcp, before } from './connection.js';
import { clearBlocks, trimBlocks } from './scoreboard.js';

export const RTO_FIRST_US = 1_000_000;
export const RTO_MAX_US = 60_000_000;
/** Times that the same is sent in vain before the connection is given up: SYNs, and data. */
export const TRIES = Object.freeze({ syn: 6, data: 12 });
const CWND_MAX = 0x0400_0000;

/** A measured round trip. */
function measured(tcp: Tcp, c: number, us: u53): void {
  const { state, built } = tcp;
  const sample = Math.max(1, Math.min(us, RTO_MAX_US));
  const srtt = state.srtt_us[c];
  if (srtt === 0) {
    state.srtt_us[c] = sample;
    state.rttvar_us[c] = Math.trunc(sample / 2);
  } else {
    state.rttvar_us[c] = u32(Math.trunc((3 * state.rttvar_us[c] + Math.abs(srtt - sample)) / 4));
    state.srtt_us[c] = u32(Math.max(1, Math.trunc((7 * srtt + sample) / 8)));
  }
  const least = built.tcp.min_rto_us;
  state.rto_us[c] = Math.min(RTO_MAX_US, Math.max(least, state.srtt_us[c] + Math.max(1000, 4 * state.rttvar_us[c])));
}

/** The time-out is again what was measured, however often it was doubled (RFC 6298, 5.7 leaves that open). */
export function measuredTimeout(tcp: Tcp, c: number): void {
  const { state, built } = tcp;
  if (state.srtt_us[c] > 0) state.rto_us[c] = Math.min(RTO_MAX_US, Math.max(built.tcp.min_rto_us, state.srtt_us[c] + 4 * state.rttvar_us[c]));
}

/** Sets the window to begin with (RFC 6928, RFC 5681). */
export function startCongestion(tcp: Tcp, c: number): void {
  const { state } = tcp;
  const mss = state.mss[c];
  state.cwnd[c] = Math.min(10 * mss, Math.max(2 * mss, 14_600));
  state.ssthresh[c] = CWND_MAX;
}

/** Halves what may be on its way. */
function lower(tcp: Tcp, c: number): void {
  const { state } = tcp;
  const flight = u32(state.snd_max[c] - state.snd_una[c]);
  state.ssthresh[c] = Math.max(Math.trunc(flight / 2), 2 * state.mss[c]);
}

/** New data was acknowledged, up to `ack`, `bytes` of it. */
export function acknowledged(tcp: Tcp, c: number, ack: u32, bytes: u32): void {
  const { state, clock } = tcp;
  const now = clock.microseconds;
  const mss = state.mss[c];
  if ((state.flags[c] & FLAG.timing) !== 0 && !before(ack, state.timed[c])) {
    measured(tcp, c, Math.max(0, now - state.timed_at[c]));
    state.flags[c] = state.flags[c] & ~FLAG.timing & 0xffff;
  } else if (state.tries[c] > 0) measuredTimeout(tcp, c);
  state.tries[c] = 0;
  state.snd_una[c] = ack;
  if (before(state.snd_nxt[c], ack)) state.snd_nxt[c] = ack;
  trimBlocks(tcp, c, ack);
  const flags = state.flags[c];
  if ((flags & FLAG.recovery) !== 0) {
    if (!before(ack, state.recover[c])) {
      const flight = u32(state.snd_max[c] - ack);
      state.cwnd[c] = Math.min(state.ssthresh[c], Math.max(flight, mss) + mss);
      state.flags[c] = flags & ~(FLAG.recovery | FLAG.lost) & 0xffff;
      state.duplicates[c] = 0;
    } else {
      if (before(state.hole[c], ack)) state.hole[c] = ack;
      if ((flags & FLAG.sack) === 0) {
        // The segment behind a partial acknowledgement is lost, too.
        state.cwnd[c] = Math.min(CWND_MAX, Math.max(0, state.cwnd[c] - bytes) + mss);
        state.hole[c] = ack;
        state.flags[c] = flags | FLAG.lost;
      } else if (state.hole[c] === ack) state.flags[c] = flags | FLAG.lost;
    }
  } else {
    state.duplicates[c] = 0;
    const cwnd = state.cwnd[c];
    const more = cwnd < state.ssthresh[c] ? Math.min(bytes, 2 * mss) : Math.max(1, Math.trunc((mss * Math.min(bytes, mss)) / Math.max(1, cwnd)));
    // It does not grow beyond twice what is in use.
    if (cwnd < 2 * u32(state.snd_max[c] - ack + bytes) + 4 * mss) state.cwnd[c] = Math.min(CWND_MAX, cwnd + more);
  }
  state.retransmit_at[c] = ack === state.snd_max[c] ? 0 : Math.min(now + state.rto_us[c], TIME_RANGE.high);
}

/** The same was acknowledged again while more is on its way. */
export function duplicate(tcp: Tcp, c: number): void {
  const { state, counters } = tcp;
  const mss = state.mss[c];
  state.duplicates[c] = Math.min(255, state.duplicates[c] + 1);
  if ((state.flags[c] & FLAG.recovery) !== 0) {
    if ((state.flags[c] & FLAG.sack) === 0) state.cwnd[c] = Math.min(CWND_MAX, state.cwnd[c] + mss);
  } else if (state.duplicates[c] >= 3 && (before(state.recover[c], state.snd_una[c]) || ((state.flags[c] & FLAG.sack) !== 0 && state.recover[c] === state.snd_una[c]))) {
    lower(tcp, c);
    state.recover[c] = state.snd_max[c];
    state.hole[c] = state.snd_una[c];
    state.cwnd[c] = (state.flags[c] & FLAG.sack) !== 0 ? state.ssthresh[c] : Math.min(CWND_MAX, state.ssthresh[c] + 3 * mss);
    state.flags[c] = (state.flags[c] | FLAG.recovery | FLAG.lost) & ~FLAG.timing & 0xffff;
    counters.fast_recoveries.add(1);
  }
}

/** The retransmission timer fired; false: it did so too often, the connection is dead. */
export function timedOut(tcp: Tcp, c: number): boolean {
  const { state, counters } = tcp;
  const status = state.status[c];
  const tries: u8 = Math.min(255, state.tries[c] + 1);
  state.tries[c] = tries;
  if (tries > (status === STATUS.syn_sent || status === STATUS.syn_received ? TRIES.syn : TRIES.data)) return false;
  if (state.snd_una[c] === state.snd_max[c] || state.snd_wnd[c] === 0) state.flags[c] = state.flags[c] | FLAG.probe;
  if (state.snd_una[c] !== state.snd_max[c]) {
    counters.timeouts.add(1);
    if (tries === 1) lower(tcp, c);
    state.cwnd[c] = state.mss[c];
    state.snd_nxt[c] = state.snd_una[c];
    state.recover[c] = state.snd_max[c];
    state.duplicates[c] = 0;
    // The other side may have thrown away what it acknowledged selectively (RFC 2018, 8).
    clearBlocks(tcp, c);
  }
  state.flags[c] = state.flags[c] & ~(FLAG.recovery | FLAG.lost | FLAG.timing) & 0xffff;
  state.rto_us[c] = Math.min(RTO_MAX_US, 2 * state.rto_us[c]);
  return true;
}
