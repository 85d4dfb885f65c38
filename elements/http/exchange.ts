/**
 * Requests and responses of connections: what is known of the request that is being read, and the responses that are not acknowledged
 * yet, as numbers. A response is made again from its numbers whenever its bytes are sent again.
 */
import { array, below, copyBytes, copyConstant, STATUS_CODES, u16, u32, VARIANTS, type Counter, type Packet, type SiteTables } from 'wirelet';
import { FLAG, type Tcp } from '../tcp/connection.js';
import { forgetAcknowledged } from '../tcp/responses.js';
import { SCRATCH_BYTES } from '../tcp/transmit.js';
import { DATE_BYTES, writeDate } from './http-date.js';
import { WANTS_MASK } from './marks.js';

/** Responses of a connection that are not acknowledged; the next request waits while there are as many. */
export const RESPONSES = 20;

/** Bits of a response's `how`. */
export const HOW = Object.freeze({ close: 1, keep_alive: 2, partial: 4, unsatisfiable: 8, no_length: 16, head_only: 32 });

export function exchangeState(connections: number, resources: number) {
  const perResponse = connections * RESPONSES;
  return {
    /** The request that is being read: see request.ts. */
    phase: array('u8', connections),
    node: array('u32', connections),
    value: array('u32', connections),
    word: array('u32', connections),
    count: array('u16', connections),
    head_bytes: array('u16', connections),
    method: array('u8', connections),
    field: array('u8', connections),
    wants: array({ low: 0, high: WANTS_MASK }, connections),
    digits: array({ low: 0, high: 2 ** 49 }, connections),
    range_first: array('u32', connections),
    range_last: array('u32', connections),
    body: array('u32', connections),
    /** Where the stream of responses ends that were asked for; how many are not acknowledged, and the first of them. */
    response_count: array(below(RESPONSES + 1), connections),
    response_first: array(below(RESPONSES), connections),
    progress: array('u32', connections),
    start: array('u32', perResponse),
    head_length: array(below(SCRATCH_BYTES + 1), perResponse),
    status_index: array(below(STATUS_CODES.length), perResponse),
    how: array('u8', perResponse),
    variant: array(below(resources * VARIANTS), perResponse),
    from: array('u32', perResponse),
    length: array('u32', perResponse),
    date: array('u32', perResponse),
  };
}

export type Cells = { readonly length: number; [index: number]: any };
type Exchange = { [K in keyof ReturnType<typeof exchangeState>]: Cells };

export interface Http extends Tcp {
  readonly built: Tcp['built'] & { readonly site: SiteTables; readonly words: Readonly<Record<string, number>>; readonly idle_us: number; readonly request_us: number; readonly head_max: number };
  readonly state: Tcp['state'] & Exchange;
  readonly counters: Tcp['counters'] & Readonly<Record<'requests' | 'pages' | 'not_modified' | 'client_errors' | 'slow_clients' | 'bytes_sent', Counter>>;
}

function digitsOf(value: u32): number {
  let digits = 1;
  for (const bound of [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]) if (value >= bound) digits += 1;
  return digits;
}

const POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000] as const;

function writeDecimal(packet: Packet, at: u16, value: u32): number {
  const digits = digitsOf(value);
  for (let index = 0; index < 10; index += 1) {
    if (index < digits) packet.storeU8(at + index, 48 + (Math.trunc(value / POWERS[digits - 1 - index]!) % 10));
  }
  return digits;
}

/** The whole content of a variant. */
function sizeOf(tcp: Http, variant: number): u32 {
  return Math.max(0, tcp.built.site.body_length[variant]!);
}

/** Bytes of the body of the response at `r`, without which its head may go. */
function bodyLength(tcp: Http, r: number): u32 {
  return (tcp.state.how[r] & HOW.head_only) !== 0 ? 0 : tcp.state.length[r];
}

/** Bytes of a head. */
function headLength(tcp: Http, status: number, how: number, variant: number, from: u32, length: u32): number {
  const { site } = tcp.built;
  let bytes: number = site.line_length[status]! + DATE_BYTES + site.texts.date_end.length + site.block_length[variant]! + 2;
  if ((how & HOW.no_length) === 0) bytes += site.texts.length.length + digitsOf(length) + 2;
  if ((how & HOW.partial) !== 0) bytes += site.texts.range.length + digitsOf(from) + 1 + digitsOf(u32(from + Math.max(1, length) - 1)) + 1 + digitsOf(sizeOf(tcp, variant)) + 2;
  if ((how & HOW.unsatisfiable) !== 0) bytes += site.texts.range.length + 2 + digitsOf(sizeOf(tcp, variant)) + 2;
  if ((how & HOW.close) !== 0) bytes += site.texts.close.length;
  if ((how & HOW.keep_alive) !== 0) bytes += site.texts.keep_alive.length;
  return bytes;
}

/** Writes the head of the response at `r`. */
function writeHead(tcp: Http, r: number, packet: Packet, at: u16): void {
  const { state } = tcp;
  const { site } = tcp.built;
  const { bytes, texts } = site;
  const how = state.how[r];
  const status = state.status_index[r];
  const variant = Math.min(state.variant[r], site.body_start.length - 1);
  const from = state.from[r];
  const length = state.length[r];
  let place: number = at;
  copyConstant(packet, place, bytes, site.line_start[status]!, site.line_length[status]!);
  place += site.line_length[status]!;
  writeDate(packet, place, state.date[r]);
  place += DATE_BYTES;
  copyConstant(packet, place, bytes, texts.date_end.at, texts.date_end.length);
  place += texts.date_end.length;
  if ((how & (HOW.partial | HOW.unsatisfiable)) !== 0) {
    copyConstant(packet, place, bytes, texts.range.at, texts.range.length);
    place += texts.range.length;
    if ((how & HOW.partial) !== 0) {
      place += writeDecimal(packet, place, from);
      packet.storeU8(place, 0x2d);
      place += 1;
      place += writeDecimal(packet, place, u32(from + Math.max(1, length) - 1));
    } else {
      packet.storeU8(place, 0x2a);
      place += 1;
    }
    packet.storeU8(place, 0x2f);
    place += 1;
    place += writeDecimal(packet, place, sizeOf(tcp, variant));
    packet.storeU16(place, 0x0d0a);
    place += 2;
  }
  if ((how & HOW.no_length) === 0) {
    copyConstant(packet, place, bytes, texts.length.at, texts.length.length);
    place += texts.length.length;
    place += writeDecimal(packet, place, length);
    packet.storeU16(place, 0x0d0a);
    place += 2;
  }
  copyConstant(packet, place, bytes, site.block_start[variant]!, site.block_length[variant]!);
  place += site.block_length[variant]!;
  if ((how & HOW.close) !== 0) {
    copyConstant(packet, place, bytes, texts.close.at, texts.close.length);
    place += texts.close.length;
  }
  if ((how & HOW.keep_alive) !== 0) {
    copyConstant(packet, place, bytes, texts.keep_alive.at, texts.keep_alive.length);
    place += texts.keep_alive.length;
  }
  packet.storeU16(place, 0x0d0a);
}

/** Puts a response behind the others; there is room. `from` and `length` are of the body, or of the one that HEAD asks about. */
export function respond(tcp: Http, c: number, status: number, how: number, variant: number, from: u32, length: u32): void {
  const { state, clock } = tcp;
  const place = (state.response_first[c] + state.response_count[c]) % RESPONSES;
  const r = c * RESPONSES + place;
  state.start[r] = state.snd_end[c];
  state.status_index[r] = status;
  state.how[r] = how;
  state.variant[r] = variant;
  state.from[r] = from;
  state.length[r] = length;
  state.date[r] = u32(clock.seconds);
  const head = Math.min(SCRATCH_BYTES, headLength(tcp, status, how, variant, from, length));
  state.head_length[r] = head;
  state.snd_end[c] = u32(state.snd_end[c] + head + bodyLength(tcp, r));
  state.response_count[c] = Math.min(RESPONSES, state.response_count[c] + 1);
  if ((how & HOW.close) !== 0) state.flags[c] = state.flags[c] | FLAG.closing;
}

/** See Application: writes bytes of responses. */
export function fill(tcp: Http, c: number, packet: Packet, place: u16, sequence: u32, length: u16): void {
  const { state } = tcp;
  const { site } = tcp.built;
  let done: number = 0;
  for (let index = 0; index < RESPONSES; index += 1) {
    if (index >= state.response_count[c] || done >= length) break;
    const r = c * RESPONSES + ((state.response_first[c] + index) % RESPONSES);
    const head = state.head_length[r];
    const offset = u32(sequence + done - state.start[r]);
    const total = head + bodyLength(tcp, r);
    if (offset < total) {
      let inBody: number = offset - head;
      if (offset < head) {
        const wanted = Math.min(head - offset, length - done);
        const whole = offset === 0 && wanted === head;
        // Of a head that is not whole here, the part is copied from behind the segment.
        const at = whole ? place + done : place + length;
        writeHead(tcp, r, packet, u16(at));
        if (!whole) copyBytes(packet, place + done, packet, u16(at + offset), Math.max(0, wanted));
        done += Math.max(0, wanted);
        inBody = 0;
      }
      const left = Math.min(total - head - inBody, length - done);
      if (left > 0 && inBody >= 0) {
        copyConstant(packet, place + done, site.bytes, site.body_start[Math.min(state.variant[r], site.body_start.length - 1)]! + state.from[r] + inBody, left);
        done += left;
      }
    }
  }
}

/** Bytes of the response at `r` in the stream. */
function totalLength(tcp: Http, r: number): u32 {
  return u32(tcp.state.head_length[r] + bodyLength(tcp, r));
}

/** See Application: forgets responses that are acknowledged, and takes requests again. */
export function acknowledged(tcp: Http, c: number): void {
  forgetAcknowledged(tcp, c, RESPONSES, totalLength);
}
