/** What of the data on its way the other side has, by its selective acknowledgements (RFC 2018, RFC 6675). */
import { u32 } from 'wirelet';
import { before, BLOCKS, type Tcp } from './connection.js';

export function clearBlocks(tcp: Tcp, c: number): void {
  const { state } = tcp;
  for (let index = 0; index < BLOCKS; index += 1) {
    state.block_start[c * BLOCKS + index] = 0;
    state.block_end[c * BLOCKS + index] = 0;
  }
}

/** Adds a block to the scoreboard, one with those it touches; true if it tells anything new. With no room the highest is forgotten. */
export function addBlock(tcp: Tcp, c: number, from: u32, to: u32): boolean {
  const { state } = tcp;
  const { block_start, block_end } = state;
  if (!before(from, to) || before(from, state.snd_una[c]) || before(state.snd_max[c], to)) return false;
  let start: number = from;
  let end: number = to;
  let place = -1;
  let highest = 0;
  for (let index = 0; index < BLOCKS; index += 1) {
    const at = c * BLOCKS + index;
    const s = block_start[at];
    const e = block_end[at];
    if (s === e) {
      if (place < 0) place = index;
    } else if (!before(from, s) && !before(e, to)) {
      return false;
    } else {
      if (!before(end, s) && !before(e, start)) {
        if (before(s, start)) start = s;
        if (before(end, e)) end = e;
        block_start[at] = 0;
        block_end[at] = 0;
        place = index;
      }
      if (before(block_end[c * BLOCKS + highest], e)) highest = index;
    }
  }
  if (place < 0) place = highest;
  block_start[c * BLOCKS + place] = start;
  block_end[c * BLOCKS + place] = end;
  return true;
}

/** Forgets what lies before `una`. */
export function trimBlocks(tcp: Tcp, c: number, una: u32): void {
  const { block_start, block_end } = tcp.state;
  for (let index = 0; index < BLOCKS; index += 1) {
    const at = c * BLOCKS + index;
    if (block_start[at] !== block_end[at] && !before(una, block_end[at])) {
      block_start[at] = 0;
      block_end[at] = 0;
    }
  }
}

/** The first byte from `from` on that the other side is not known to have. */
export function firstMissing(tcp: Tcp, c: number, from: u32): u32 {
  const { block_start, block_end } = tcp.state;
  let found: number = from;
  for (let round = 0; round < BLOCKS; round += 1) {
    for (let index = 0; index < BLOCKS; index += 1) {
      const at = c * BLOCKS + index;
      if (block_start[at] !== block_end[at] && !before(found, block_start[at]) && before(found, block_end[at])) found = block_end[at];
    }
  }
  return found;
}

/** Where the next block behind `from` begins; `otherwise`: there is none. */
export function nextBlock(tcp: Tcp, c: number, from: u32, otherwise: u32): u32 {
  const { block_start, block_end } = tcp.state;
  let found: number = otherwise;
  let any = false;
  for (let index = 0; index < BLOCKS; index += 1) {
    const at = c * BLOCKS + index;
    const start = block_start[at];
    if (start !== block_end[at] && before(from, start) && (!any || before(start, found))) {
      found = start;
      any = true;
    }
  }
  return found;
}

/** Bytes that are thought to be on their way in recovery: behind the last block, and what was sent again before `hole`. */
export function bytesOnTheWay(tcp: Tcp, c: number): u32 {
  const { state } = tcp;
  const { block_start, block_end } = state;
  const una = state.snd_una[c];
  const hole = state.hole[c];
  let high: number = una;
  let again: number = before(una, hole) ? u32(hole - una) : 0;
  for (let index = 0; index < BLOCKS; index += 1) {
    const at = c * BLOCKS + index;
    const s = block_start[at];
    const e = block_end[at];
    if (s !== e) {
      if (before(high, e)) high = e;
      if (before(s, hole)) again = Math.max(0, again - u32((before(e, hole) ? e : hole) - s));
    }
  }
  const beyond = before(high, state.snd_nxt[c]) ? u32(state.snd_nxt[c] - high) : 0;
  return u32(beyond + again);
}
