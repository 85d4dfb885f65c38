/**
 * Requests, read byte by byte as they come (RFC 9112): nothing of them is kept but what the answer depends on, so that a request may lie
 * anywhere in any number of segments.
 */
import { consumed, TIME_RANGE, u32, type Packet, type u8 } from 'wirelet';
import { FLAG } from '../tcp/connection.js';
import { answer, fail } from './answer.js';
import { RESPONSES, type Http } from './exchange.js';
import { nameRead, valueByte, valueRead } from './header-field.js';
import { AT, FIELD, METHOD, PHASE, WANTS } from './marks.js';
import { chunkByte } from './chunk.js';
import { FNV_START, hexValue, lower, mixed } from './words.js';

const TARGET_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 256;
/** A byte of the path leads to the next node. */
function step(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const { site } = tcp.built;
  let node: number = state.node[c];
  let found: number = 0;
  for (let round = 0; round < 10; round += 1) {
    if (node > 0 && node < site.node_byte.length && found === 0) {
      const here = site.node_byte[node]!;
      if (here === byte) found = node;
      else node = byte < here ? site.node_low[node]! : site.node_high[node]!;
    }
  }
  const at = Math.min(found, site.node_byte.length - 1);
  state.node[c] = site.node_next[at]!;
  state.value[c] = site.node_value[at]!;
}

/** The method is read. */
function methodRead(tcp: Http, c: number): void {
  const { words } = tcp.built;
  const word = tcp.state.word[c];
  let method: number = METHOD.other;
  if (word === words['get']!) method = METHOD.get;
  else if (word === words['head']!) method = METHOD.head;
  else if (word === words['post']! || word === words['put']! || word === words['delete']! || word === words['options']! || word === words['trace']! || word === words['patch']! || word === words['connect']!) method = METHOD.known;
  tcp.state.method[c] = method;
}

/** What a version is so far; `other` is that of another protocol of the same name. */
const VERSION = Object.freeze({ none: 0, other: 1, major: 2, old: 3, one: 4 });

/** A byte of the version: `HTTP/1.1`. */
function versionByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const { words } = tcp.built;
  const count = Math.min(state.count[c] + 1, 0xffff);
  const word = mixed(state.word[c], byte);
  let known: number = state.digits[c];
  if (count === 5 && word === words['protocol']!) known = VERSION.other;
  else if (count === 7 && known === VERSION.other && word === words['version_1']!) known = VERSION.major;
  else if (count === 8 && known === VERSION.major) known = byte === 0x30 ? VERSION.old : byte > 0x30 && byte <= 0x39 ? VERSION.one : VERSION.none;
  else if (count > 8) known = VERSION.none;
  state.word[c] = word;
  state.count[c] = count;
  state.digits[c] = known;
}

/** See Application: reads requests, and puts responses behind those that wait. */
export function deliver(tcp: Http, c: number, packet: Packet): number {
  const { state, built, clock } = tcp;
  const length = packet.length;
  let left: number = 0;
  for (let at: number = 0; at < length; at += 1) {
    let phase: number = state.phase[c];
    if (phase === PHASE.deaf) break;
    if (phase === PHASE.start && state.response_count[c] >= RESPONSES) {
      left = length - at;
      break;
    }
    const byte: u8 = packet.loadU8(at);
    if (phase === PHASE.body || phase === PHASE.chunk_data) {
      const rest = Math.max(0, Math.min(state.body[c], length - at));
      state.body[c] = u32(state.body[c] - rest);
      if (state.body[c] === 0) state.phase[c] = phase === PHASE.body ? PHASE.start : PHASE.chunk_end;
      at += Math.max(0, rest - 1);
    } else {
      let error: number = 0;
      let next: number = phase;
      let whole = false;
      const head = state.head_bytes[c] + 1;
      state.head_bytes[c] = Math.min(head, 0xffff);
      if (head > built.head_max) error = AT.long_head;
      else if (phase === PHASE.skip) {
        if (byte === 0x0d) next = PHASE.line_end;
        else if (byte === 0x0a) next = PHASE.line;
        else if (byte === 0) error = AT.bad;
      } else if (phase === PHASE.value) {
        if (byte === 0x0d || byte === 0x0a) {
          valueRead(tcp, c);
          next = byte === 0x0d ? PHASE.line_end : PHASE.line;
        } else if (byte === 0) error = AT.bad;
        else valueByte(tcp, c, byte);
      } else if (phase === PHASE.name) {
        if (byte === 0x3a) {
          nameRead(tcp, c);
          next = PHASE.before_value;
        } else if (byte <= 0x20 || byte >= 0x7f) error = AT.bad;
        else {
          state.word[c] = mixed(state.word[c], lower(byte));
          state.count[c] = Math.min(state.count[c] + 1, 0xffff);
          if (state.count[c] > NAME_BYTES_MAX) error = AT.long_head;
        }
      } else if (phase === PHASE.before_value) {
        if (byte === 0x0d || byte === 0x0a) {
          valueRead(tcp, c);
          next = byte === 0x0d ? PHASE.line_end : PHASE.line;
        } else if (byte !== 0x20 && byte !== 0x09) {
          next = state.field[c] !== FIELD.other ? PHASE.value : PHASE.skip;
          if (next === PHASE.value) valueByte(tcp, c, byte);
        }
      } else if (phase === PHASE.line) {
        if (byte === 0x0d) next = PHASE.last;
        else if (byte === 0x0a) whole = true;
        else if (byte <= 0x20 || byte === 0x3a || byte >= 0x7f) error = AT.bad;
        else {
          state.word[c] = mixed(FNV_START, lower(byte));
          state.count[c] = 1;
          next = PHASE.name;
        }
      } else if (phase === PHASE.line_end) {
        if (byte === 0x0a) next = PHASE.line;
        else error = AT.bad;
      } else if (phase === PHASE.last) {
        if (byte === 0x0a) whole = true;
        else error = AT.bad;
      } else if (phase >= PHASE.chunk_size) {
        next = chunkByte(tcp, c, phase, byte);
        if (next === PHASE.deaf) error = AT.bad;
      } else if (phase === PHASE.start) {
        if (byte !== 0x0d && byte !== 0x0a) {
          if (byte < 65 || byte > 90) error = AT.bad;
          else {
            state.word[c] = mixed(FNV_START, byte);
            state.wish_at[c] = Math.min(clock.microseconds + built.request_us, TIME_RANGE.high);
            next = PHASE.method;
          }
        }
      } else if (phase === PHASE.method) {
        if (byte === 0x20) {
          methodRead(tcp, c);
          state.count[c] = 0;
          next = PHASE.target;
        } else if (byte <= 0x20 || byte >= 0x7f) error = AT.bad;
        else state.word[c] = mixed(state.word[c], byte);
      } else if (phase === PHASE.version) {
        if (byte === 0x0d || byte === 0x0a) {
          // A later minor version is answered as this one (RFC 9110, 2.5).
          const known = state.digits[c];
          if (known === VERSION.old) state.wants[c] = state.wants[c] | WANTS.old;
          else if (known !== VERSION.one) error = known === VERSION.other ? AT.other_version : AT.bad;
          next = byte === 0x0d ? PHASE.line_end : PHASE.line;
        } else versionByte(tcp, c, byte);
      } else {
        // A target: a path, perhaps behind scheme and host, perhaps with a query.
        const count = Math.min(state.count[c] + 1, 0xffff);
        state.count[c] = count;
        let letter: number = -1;
        if (count > TARGET_BYTES_MAX) error = AT.long_target;
        else if (byte === 0x20) {
          if (count === 1 || phase === PHASE.hex_high || phase === PHASE.hex_low) error = AT.bad;
          // `http://host` has the path of the root; other targets without a path are for methods that are not served.
          if (phase === PHASE.scheme && state.digits[c] === 3) letter = 0x2f;
          else if (phase === PHASE.scheme && state.method[c] !== METHOD.known) error = AT.bad;
          state.word[c] = FNV_START;
          state.count[c] = 0;
          state.digits[c] = VERSION.none;
          next = PHASE.version;
        } else if (byte < 0x20 || byte === 0x7f) error = AT.bad;
        else if (phase === PHASE.scheme) {
          // `http://host/path`: a colon, two slashes, and the path begins at the third.
          const seen = Math.min(3, state.digits[c]);
          if (seen === 3) {
            if (byte === 0x2f || byte === 0x3f) {
              next = byte === 0x2f ? PHASE.target : PHASE.query;
              letter = 0x2f;
            }
          } else if (byte === (seen === 0 ? 0x3a : 0x2f)) state.digits[c] = seen + 1;
          else if (seen !== 0 && state.method[c] !== METHOD.known) error = AT.bad;
        } else if (phase === PHASE.target) {
          if (count === 1 && byte !== 0x2f) {
            state.digits[c] = 0;
            next = PHASE.scheme;
            // `*` and authorities have no path; methods that use them are not served.
            state.value[c] = 0;
          } else if (byte === 0x3f || byte === 0x23) next = PHASE.query;
          else if (byte === 0x25) next = PHASE.hex_high;
          else letter = byte;
        } else if (phase === PHASE.hex_high) {
          const digit = hexValue(byte);
          if (digit < 0) error = AT.bad;
          state.word[c] = Math.max(0, digit) * 16;
          next = PHASE.hex_low;
        } else if (phase === PHASE.hex_low) {
          const digit = hexValue(byte);
          if (digit < 0) error = AT.bad;
          letter = (state.word[c] + Math.max(0, digit)) & 255;
          next = PHASE.target;
        }
        if (letter >= 0) step(tcp, c, letter);
      }
      if (error !== 0) fail(tcp, c, error);
      else {
        state.phase[c] = next & 255;
        if (whole) {
          answer(tcp, c);
          state.wish_at[c] = Math.min(clock.microseconds + built.idle_us, TIME_RANGE.high);
        }
      }
    }
  }
  tcp.emit(consumed, packet);
  return left;
}

/** See Application: the other side sends no more requests. */
export function finished(tcp: Http, c: number): void {
  tcp.state.flags[c] = tcp.state.flags[c] | FLAG.closing;
}
