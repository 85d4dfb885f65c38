/**
 * Responses over TCP (RFC 7766). None is kept: what it depends on is, some numbers and the question, and its bytes are made of them
 * whenever they are sent, or sent again.
 */
import { array, below, copyBytes, copyConstant, loadBytes, u16, u32, type Counter, type Packet, type ZoneTables } from 'wirelet';
import type { Tcp } from '../tcp/connection.js';
import { forgetAcknowledged } from '../tcp/responses.js';
import { HEADER_BYTES, OPT_BYTES, OPTION, writeOptions } from './message.js';
import type { ResponseCounts } from './respond.js';
import type { Request } from './understand.js';

/** Responses of a connection that are not acknowledged; the next request waits while there are as many. */
export const RESPONSES = 8;
/** Bytes of a request at most. */
export const REQUEST_BYTES = 1024;
/** Bytes before a message that say how long it is. */
export const LENGTH_BYTES = 2;
/** Bytes of a question: the longest name, type and class. */
export const QUESTION_BYTES = 259;

/** Bits of a response's `how`. */
export const HOW = Object.freeze({ edns: 1, dnssec_ok: 2, other_version: 4, transfer: 8, question: 16 });

export function exchangeState(connections: number, answers: number) {
  const responses = connections * RESPONSES;
  return {
    /** The request that is being gathered: its length, and how many of its bytes are there, those of the length among them. */
    request_size: array('u16', connections),
    request_got: array(below(REQUEST_BYTES + LENGTH_BYTES + 1), connections),
    requests: array('u8', connections * REQUEST_BYTES),
    /** What comes is read no more. */
    deaf: array('u8', connections),
    progress: array('u32', connections),
    /** Responses that are not acknowledged, and the first of them. */
    response_count: array(below(RESPONSES + 1), connections),
    response_first: array(below(RESPONSES), connections),
    /** Of each: where it begins in the stream; its header; one more than its answer's number, 0: it has none; bytes of its parts. */
    start: array('u32', responses),
    id: array('u16', responses),
    head_flags: array('u16', responses),
    how: array('u8', responses),
    answer: array(below(answers + 1), responses),
    name_length: array(below(256), responses),
    body_length: array('u16', responses),
    questions: array('u8', responses * QUESTION_BYTES),
  };
}

type Cells = { readonly length: number; [index: number]: any };

export interface DnsStream extends Tcp {
  readonly built: Tcp['built'] & {
    readonly zone: ZoneTables;
    readonly limits: { readonly largest: u16 };
    readonly idle_us: number;
    /** Who may have the whole zone. */
    readonly allowed: readonly { readonly address: u32; readonly mask: u32 }[];
    readonly allowed6: readonly { readonly words: readonly u32[]; readonly masks: readonly u32[] }[];
  };
  readonly state: Tcp['state'] & Request & { [K in keyof ReturnType<typeof exchangeState>]: Cells };
  readonly counters: Tcp['counters'] & ResponseCounts & Readonly<Record<'transfers' | 'bad_streams' | 'slow_clients', Counter>>;
}

/** Bytes of a response's beginning: length, header, question. */
function headLength(tcp: DnsStream, r: number): number {
  const { state } = tcp;
  return LENGTH_BYTES + HEADER_BYTES + ((state.how[r] & HOW.question) !== 0 ? state.name_length[r] + 4 : 0);
}

function optionsLength(tcp: DnsStream, r: number): number {
  return (tcp.state.how[r] & HOW.edns) !== 0 ? OPT_BYTES : 0;
}

/** Bytes of a response in the stream; those of a transfer are those of all its messages. */
export function totalLength(tcp: DnsStream, r: number): u32 {
  const message = headLength(tcp, r) + tcp.state.body_length[r] + optionsLength(tcp, r);
  return (tcp.state.how[r] & HOW.transfer) !== 0 ? u32(message + tcp.built.zone.transfer_length) : message;
}

function writeHead(tcp: DnsStream, r: number, packet: Packet, at: u16): void {
  const { state } = tcp;
  const { zone } = tcp.built;
  const answer = state.answer[r];
  const asked = (state.how[r] & HOW.question) !== 0;
  const edns = (state.how[r] & HOW.edns) !== 0;
  const chosen = Math.min(Math.max(0, answer - 1), zone.answer_start.length - 1);
  packet.storeU16(at, u16(headLength(tcp, r) - LENGTH_BYTES + state.body_length[r] + optionsLength(tcp, r)));
  packet.storeU16(at + 2, state.id[r]);
  packet.storeU16(at + 4, state.head_flags[r]);
  packet.storeU16(at + 6, asked ? 1 : 0);
  packet.storeU16(at + 8, answer === 0 ? 0 : u16(zone.answer_answers[chosen]!));
  packet.storeU16(at + 10, answer === 0 ? 0 : u16(zone.answer_authorities[chosen]!));
  packet.storeU16(at + 12, u16((answer === 0 ? 0 : zone.answer_additionals[chosen]!) + (edns ? 1 : 0)));
  if (asked) loadBytes(packet, u16(at + 14), state.questions, r * QUESTION_BYTES, state.name_length[r] + 4);
}

/** Copies `length` bytes of an answer from `from` on to `at`, pointers moved as far as the question's name is longer; behind `scratch` is room. */
function writeBody(tcp: DnsStream, r: number, packet: Packet, at: u16, from: u32, length: u16, scratch: u16): void {
  const { zone } = tcp.built;
  const chosen = Math.min(Math.max(0, tcp.state.answer[r] - 1), zone.answer_start.length - 1);
  const start = zone.answer_start[chosen]!;
  copyConstant(packet, at, zone.bytes, start + from, length);
  const moved = tcp.state.name_length[r] - zone.answer_base[chosen]!;
  if (moved === 0) return;
  const end = zone.answer_first_pointer[chosen + 1]!;
  for (let entry: number = zone.answer_first_pointer[chosen]!; entry < end; entry += 1) {
    // Of a pointer one byte may lie in another segment.
    const pointed = zone.pointers[entry]!;
    const place = pointed - from;
    if (place < -1) continue;
    if (place >= length) break;
    copyConstant(packet, scratch, zone.bytes, start + pointed, 2);
    const pointer = u16(packet.loadU16(scratch) + moved);
    if (place >= 0) packet.storeU8(at + place, pointer >>> 8);
    if (place + 1 < length) packet.storeU8(at + place + 1, pointer & 0xff);
  }
}

/** The number of the message of a transfer in which byte `offset` lies. */
function messageAt(tcp: DnsStream, offset: number): number {
  const starts = tcp.built.zone.transfer_starts;
  let low = 0;
  let count: number = starts.length;
  for (let round = 0; round < 24; round += 1) {
    if (count <= 1) break;
    const half = Math.trunc(count / 2);
    if (starts[Math.min(low + half, starts.length - 1)]! <= offset) {
      low = Math.min(low + half, starts.length - 1);
      count -= half;
    } else count = half;
  }
  return low;
}

/** Copies messages of a transfer, with the identification of the request in them. */
function writeTransfer(tcp: DnsStream, r: number, packet: Packet, at: u16, from: u32, length: u16): void {
  const { zone } = tcp.built;
  copyConstant(packet, at, zone.bytes, zone.transfer_start + from, length);
  for (let message: number = messageAt(tcp, from); message < zone.transfer_starts.length; message += 1) {
    const place = zone.transfer_starts[message]! + LENGTH_BYTES - from;
    if (place >= length) break;
    if (place >= 0) packet.storeU8(at + place, tcp.state.id[r] >>> 8);
    if (place >= -1 && place + 1 < length) packet.storeU8(at + place + 1, tcp.state.id[r] & 0xff);
  }
}

/** See Application: writes bytes of responses. */
export function fill(tcp: DnsStream, c: number, packet: Packet, place: u16, sequence: u32, length: u16): void {
  const { state } = tcp;
  const scratch = u16(place + length);
  let done: number = 0;
  for (let index = 0; index < RESPONSES; index += 1) {
    if (index >= state.response_count[c] || done >= length) break;
    const r = c * RESPONSES + ((state.response_first[c] + index) % RESPONSES);
    // What of this response has been written, or went before.
    let offset: number = u32(sequence + done - state.start[r]);
    if (offset < totalLength(tcp, r)) {
      const head = headLength(tcp, r);
      const body = state.body_length[r];
      const options = optionsLength(tcp, r);
      if (offset < head) {
        // What is not whole here is copied from behind the segment.
        writeHead(tcp, r, packet, scratch);
        const part = Math.max(0, Math.min(head - offset, length - done));
        copyBytes(packet, u16(place + done), packet, u16(scratch + offset), part);
        done += part;
        offset += part;
      }
      if (offset >= head && offset < head + body && done < length) {
        const part = Math.max(0, Math.min(head + body - offset, length - done));
        writeBody(tcp, r, packet, u16(place + done), u32(offset - head), part, scratch);
        done += part;
        offset += part;
      }
      const before = head + body;
      if (offset >= before && offset < before + options && done < length) {
        const bits = ((state.how[r] & HOW.dnssec_ok) !== 0 ? OPTION.dnssec_ok : 0);
        writeOptions(packet, scratch, tcp.built.limits.largest, (state.how[r] & HOW.other_version) !== 0 ? 1 : 0, bits);
        const part = Math.max(0, Math.min(before + options - offset, length - done));
        copyBytes(packet, u16(place + done), packet, u16(scratch + offset - before), part);
        done += part;
        offset += part;
      }
      if ((state.how[r] & HOW.transfer) !== 0 && offset >= before + options && done < length) {
        const part = Math.max(0, Math.min(totalLength(tcp, r) - offset, length - done));
        writeTransfer(tcp, r, packet, u16(place + done), u32(offset - before - options), part);
        done += part;
      }
    }
  }
}

/** See Application: forgets responses that are acknowledged, and takes requests again. */
export function acknowledged(tcp: DnsStream, c: number): void {
  forgetAcknowledged(tcp, c, RESPONSES, totalLength);
}
