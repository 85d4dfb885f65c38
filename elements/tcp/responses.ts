/** Responses that are made of numbers, and made again until they are acknowledged: what protocols of requests and responses share. */
import { u32 } from 'wirelet';
import { before, FLAG, type Tcp } from './connection.js';

/** Responses of a connection, at most, that any protocol keeps. */
const RESPONSES_MAX = 32;

/**
 * Forgets responses that are acknowledged, and takes requests again when there is room. A connection keeps `most`, in a ring: `response_count`
 * from `response_first` on. Each begins at `start` of its stream and has `lengthOf(tcp, r)` bytes there.
 */
export function forgetAcknowledged(tcp: Tcp & { readonly state: any }, c: number, most: number, lengthOf: (tcp: any, r: number) => u32): void {
  const { state } = tcp;
  for (let index = 0; index < RESPONSES_MAX; index += 1) {
    if (state.response_count[c] === 0) break;
    const r = c * most + state.response_first[c];
    if (before(state.snd_una[c], u32(state.start[r] + lengthOf(tcp, r)))) break;
    state.response_first[c] = (state.response_first[c] + 1) % most;
    state.response_count[c] = Math.max(0, state.response_count[c] - 1);
  }
  if ((state.flags[c] & FLAG.shut) !== 0 && state.response_count[c] < most) state.flags[c] = (state.flags[c] & ~FLAG.shut & 0xffff) | FLAG.ack_now;
}
