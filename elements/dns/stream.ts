/** Requests over TCP (RFC 7766): messages behind their lengths, in any number of segments. */
import { consumed, loadBytes, RCODE, RESPONSE, storeBytes, TIME_RANGE, u16, u32, type i32, type Packet } from 'wirelet';
import { FLAG as TCP } from '../tcp/connection.js';
import { isOver6 } from '../tcp/ipv6.js';
import { HOW, LENGTH_BYTES, QUESTION_BYTES, REQUEST_BYTES, RESPONSES, totalLength, type DnsStream } from './exchange.js';
import { isOrigin, onlyCode, TRANSFER } from './look-up.js';
import { FLAG, HEADER_BYTES, OPT_BYTES, OPTION, REPEATED } from './message.js';
import { count } from './respond.js';
import { BARE, understand } from './understand.js';

/** Bytes of a message at most. */
const MESSAGE_BYTES = 0xffff;

/** Whether the other side may have the whole zone. */
function mayTransfer(tcp: DnsStream, c: number): boolean {
  const { state } = tcp;
  if (isOver6(tcp, c)) {
    let may = false;
    for (const { words, masks } of tcp.built.allowed6) {
      let same = true;
      for (let word = 0; word < 4; word += 1) if (((state.peer6[c * 4 + word] & masks[word]!) >>> 0) !== words[word]!) same = false;
      if (same) may = true;
    }
    return may;
  }
  const address = state.peer[c];
  for (const { address: net, mask } of tcp.built.allowed) if (((address & mask) >>> 0) === net) return true;
  return false;
}

export function opened(tcp: DnsStream, c: number): void {
  const { state } = tcp;
  state.request_size[c] = 0;
  state.request_got[c] = 0;
  state.response_count[c] = 0;
  state.response_first[c] = 0;
  state.deaf[c] = 0;
  wait(tcp, c);
}

/** From now on the connection is given its time again. */
function wait(tcp: DnsStream, c: number): void {
  tcp.state.progress[c] = tcp.state.snd_una[c];
  tcp.state.wish_at[c] = Math.min(tcp.clock.microseconds + tcp.built.idle_us, TIME_RANGE.high);
}

/** The time is over: who still takes a response gets more of it, others are gone. */
export function wish(tcp: DnsStream, c: number): void {
  const { state, counters, clock } = tcp;
  if (state.response_count[c] > 0 && state.progress[c] !== state.snd_una[c]) return wait(tcp, c);
  if (state.response_count[c] > 0) {
    counters.slow_clients.add(1);
    state.tries[c] = 255;
    state.retransmit_at[c] = clock.microseconds;
    return;
  }
  if (state.request_got[c] > 0) counters.slow_clients.add(1);
  close(tcp, c);
}

function close(tcp: DnsStream, c: number): void {
  tcp.state.deaf[c] = 1;
  tcp.state.flags[c] = tcp.state.flags[c] | TCP.closing;
}

/** See Application: the other side sends no more requests. */
export function finished(tcp: DnsStream, c: number): void {
  close(tcp, c);
}

/** See Application: gathers requests, and puts responses behind those that wait. */
export function deliver(tcp: DnsStream, c: number, packet: Packet): number {
  const { state, counters } = tcp;
  const length = packet.length;
  let left: number = 0;
  for (let at: number = 0; at < length; at += 1) {
    if (state.deaf[c] !== 0) break;
    const got = state.request_got[c];
    if (got === 0 && state.response_count[c] >= RESPONSES) {
      left = length - at;
      break;
    }
    if (got < LENGTH_BYTES) {
      const size = ((state.request_size[c] & 0xff) << 8) | packet.loadU8(at);
      state.request_size[c] = got === 0 ? size & 0xff : size;
      state.request_got[c] = got + 1;
      // Who sends no messages of this protocol, or far too long ones, is not listened to any longer.
      if (got === 1 && (size < HEADER_BYTES || size > REQUEST_BYTES)) {
        counters.bad_streams.add(1);
        close(tcp, c);
      }
    } else {
      const size = state.request_size[c];
      const before = got - LENGTH_BYTES;
      const taken = Math.max(0, Math.min(size - before, length - at, REQUEST_BYTES - before));
      storeBytes(state.requests, c * REQUEST_BYTES + before, packet, u16(at), taken);
      at += Math.max(0, taken - 1);
      if (before + taken < size) state.request_got[c] = Math.min(REQUEST_BYTES + LENGTH_BYTES, got + taken);
      else {
        state.request_got[c] = 0;
        state.request_size[c] = 0;
        answer(tcp, c, Math.min(size, REQUEST_BYTES));
        wait(tcp, c);
      }
    }
  }
  tcp.emit(consumed, packet);
  return left;
}

/** Puts the response to the request that was gathered behind the others; there is room. */
function answer(tcp: DnsStream, c: number, size: number): void {
  const { state, counters, built, packets, emit } = tcp;
  const { zone } = built;
  const message = packets.ofLength(size);
  if (message === null) {
    counters.no_buffers.add(1);
    return close(tcp, c);
  }
  loadBytes(message, 0, state.requests, c * REQUEST_BYTES, size);
  const id = message.loadU16(0);
  const flags = message.loadU16(2);
  // A response answers nothing that was asked here.
  if ((flags & FLAG.response) !== 0) return emit(consumed, message);
  const found = understand(message, 0, size, zone, state);
  const r = c * RESPONSES + ((state.response_first[c] + state.response_count[c]) % RESPONSES);
  const { options } = state;
  const nameLength = state.question_length;
  let how: number = 0;
  let chosen: i32 = found;
  if (found > BARE) {
    how = HOW.question;
    storeBytes(state.questions, r * QUESTION_BYTES, message, HEADER_BYTES, nameLength + 4);
    if ((options & OPTION.present) !== 0) how = how | HOW.edns;
    if ((options & OPTION.dnssec_ok) !== 0) how = how | HOW.dnssec_ok;
    if ((options & OPTION.other_version) !== 0) how = how | HOW.other_version;
    if (found === TRANSFER) {
      chosen = onlyCode(RCODE.refused);
      if (mayTransfer(tcp, c)) {
        chosen = onlyCode(RCODE.not_auth);
        if (isOrigin(message, HEADER_BYTES, nameLength, state, zone)) {
          chosen = zone.transfer_first;
          how = how | HOW.transfer;
          counters.transfers.add(1);
        }
      }
    }
  }
  emit(consumed, message);
  const isBare = found <= BARE;
  let head: number = isBare ? RESPONSE | ((BARE - found) & 15) : chosen < 0 ? RESPONSE | ((-1 - chosen) & 15) : zone.answer_flags[chosen]!;
  let bytes: number = isBare || chosen < 0 ? 0 : zone.answer_length[chosen]!;
  if (bytes > MESSAGE_BYTES - HEADER_BYTES - nameLength - 4 - OPT_BYTES) {
    bytes = 0;
    head = head | FLAG.truncated;
    counters.truncated.add(1);
  }
  state.start[r] = state.snd_end[c];
  state.id[r] = id;
  state.head_flags[r] = u16(head | (flags & REPEATED));
  state.how[r] = how;
  state.answer[r] = bytes > 0 ? Math.max(0, chosen + 1) : 0;
  state.name_length[r] = nameLength;
  state.body_length[r] = u16(bytes);
  state.snd_end[c] = u32(state.snd_end[c] + totalLength(tcp, r));
  state.response_count[c] = Math.min(RESPONSES, state.response_count[c] + 1);
  count(head & 15, (how & HOW.other_version) !== 0, counters);
}
