/**
 * Requests, read byte by byte as they come (RFC 9112): nothing of them is kept but what the answer depends on, so that a request may lie
 * anywhere in any number of segments.
 */
import { consumed, TIME_RANGE, u32, type Packet, type u8 } from 'wirelet';
import { FLAG } from '../tcp/connection.js';
import { HOW, respond, RESPONSES, type Http } from './exchange.js';
import { compareParts, MONTHS } from './http-date.js';
import { CODING, VARIANTS } from './site.js';

/** What a connection reads. */
const PHASE = Object.freeze({ start: 0, method: 1, target: 2, query: 3, hex_high: 4, hex_low: 5, version: 6, line_end: 7, line: 8, name: 9, before_value: 10, value: 11, skip: 12, last: 13, body: 14, scheme: 15, deaf: 16 });

const METHOD = Object.freeze({ other: 0, get: 1, head: 2, known: 3 });

/** Header fields that matter. */
const FIELD = Object.freeze({ other: 0, host: 1, connection: 2, accept_encoding: 3, if_none_match: 4, if_modified_since: 5, range: 6, if_range: 7, content_length: 8, transfer_encoding: 9 });

/** Bits of `wants`: what the request asks for, and what is wrong with it. */
const WANTS = Object.freeze({
  gzip: 1, brotli: 2, close: 4, keep_alive: 8, host: 16, old: 32, has_match: 64, same: 128, has_since: 256, unchanged: 512, range: 1024, suffix: 2048, whole: 4096, open_range: 8192, bad: 16_384, coded: 32_768,
});

/** Places of statuses in STATUS_CODES. */
export const AT = Object.freeze({ ok: 0, partial: 1, moved: 2, not_modified: 3, bad: 4, not_found: 5, no_method: 6, timeout: 7, long_target: 8, bad_range: 9, long_head: 10, no_such_method: 11, other_version: 12 });

const TARGET_BYTES_MAX = 4096;
const NAME_BYTES_MAX = 256;
const FNV_START = 0x811c_9dc5;

function mixed(word: number, byte: number): number {
  return Math.imul(word ^ byte, 0x0100_0193) >>> 0;
}

/** Texts by the hash that requests are read with. */
export function wordOf(text: string): number {
  let word = FNV_START;
  for (const byte of Buffer.from(text)) word = mixed(word, byte);
  return word;
}

/** The texts that matter; no two have one hash, which the tests hold. */
export const WORDS: Readonly<Record<string, string>> = {
  get: 'GET', head: 'HEAD', post: 'POST', put: 'PUT', delete: 'DELETE', options: 'OPTIONS', trace: 'TRACE', patch: 'PATCH', connect: 'CONNECT', version_1_1: 'HTTP/1.1', version_1_0: 'HTTP/1.0',
  host: 'host', connection: 'connection', accept_encoding: 'accept-encoding', if_none_match: 'if-none-match', if_modified_since: 'if-modified-since', range: 'range', if_range: 'if-range', content_length: 'content-length',
  transfer_encoding: 'transfer-encoding', close: 'close', keep_alive: 'keep-alive', gzip: 'gzip', br: 'br', bytes: 'bytes',
};

/** A new request begins. */
export function startRequest(tcp: Http, c: number): void {
  const { state, built } = tcp;
  state.phase[c] = PHASE.start;
  state.node[c] = built.site.root;
  state.value[c] = 0;
  state.word[c] = FNV_START;
  state.count[c] = 0;
  state.head_bytes[c] = 0;
  state.method[c] = METHOD.other;
  state.field[c] = FIELD.other;
  state.wants[c] = 0;
  state.digits[c] = 0;
  state.range_first[c] = 0;
  state.range_last[c] = 0;
  state.body[c] = 0;
}

/** Answers with the page for a status, and reads nothing more. */
export function fail(tcp: Http, c: number, status: number): void {
  const { state, built, counters } = tcp;
  const variant = built.site.pages[status]! * VARIANTS;
  const headOnly = state.method[c] === METHOD.head ? HOW.head_only : 0;
  respond(tcp, c, status, HOW.close | headOnly, variant, 0, Math.max(0, built.site.body_length[variant]!));
  counters.client_errors.add(1);
  state.phase[c] = PHASE.deaf;
}

/** The request is whole: the response. */
function answer(tcp: Http, c: number): void {
  const { state, built, counters } = tcp;
  const { site } = built;
  const wants = state.wants[c];
  counters.requests.add(1);
  let status: number = AT.ok;
  let how: number = 0;
  let resource: number = 0;
  let coding: number = CODING.identity;
  let from: u32 = 0;
  let length: u32 = 0;
  const closes = (wants & WANTS.close) !== 0 || ((wants & WANTS.old) !== 0 && (wants & WANTS.keep_alive) === 0);
  if (closes) how = how | HOW.close;
  else if ((wants & WANTS.old) !== 0) how = how | HOW.keep_alive;
  if (state.method[c] === METHOD.head) how = how | HOW.head_only;
  const found = state.value[c];
  if ((wants & WANTS.bad) !== 0 || (wants & (WANTS.host | WANTS.old)) === 0) status = AT.bad;
  else if ((wants & WANTS.coded) !== 0 || state.method[c] === METHOD.other) status = AT.no_such_method;
  else if (state.method[c] === METHOD.known) status = AT.no_method;
  else if (found === 0) status = AT.not_found;
  if (status >= AT.bad) {
    resource = site.pages[status]!;
    counters.client_errors.add(1);
    // What follows a request that is not understood is not understood either.
    if (status !== AT.not_found && status !== AT.no_method) how = how | HOW.close;
  } else {
    resource = Math.min(Math.max(0, found - 1), site.kinds.length - 1);
    if (site.kinds[resource] === 1) status = AT.moved;
  }
  const plain = resource * VARIANTS;
  if ((wants & WANTS.brotli) !== 0 && site.body_length[plain + CODING.brotli]! >= 0) coding = CODING.brotli;
  else if ((wants & WANTS.gzip) !== 0 && site.body_length[plain + CODING.gzip]! >= 0) coding = CODING.gzip;
  const variant = plain + coding;
  const size = Math.max(0, site.body_length[variant]!);
  length = size;
  if (status === AT.ok) {
    if ((wants & WANTS.has_match) !== 0 ? (wants & WANTS.same) !== 0 : (wants & WANTS.has_since) !== 0 && (wants & WANTS.unchanged) !== 0) {
      status = AT.not_modified;
      how = how | HOW.no_length | HOW.head_only;
      counters.not_modified.add(1);
    } else {
      counters.pages.add(1);
      if ((wants & WANTS.range) !== 0 && (wants & WANTS.whole) === 0 && state.method[c] === METHOD.get) {
        let last: number = (wants & WANTS.open_range) !== 0 ? size - 1 : Math.min(state.range_last[c], size - 1);
        from = state.range_first[c];
        if ((wants & WANTS.suffix) !== 0) {
          from = Math.max(0, size - state.range_last[c]);
          last = size - 1;
        }
        if (from >= size || ((wants & WANTS.suffix) !== 0 && state.range_last[c] === 0)) {
          status = AT.bad_range;
          how = how | HOW.unsatisfiable | HOW.head_only;
          from = 0;
          length = 0;
        } else if (last >= from) {
          status = AT.partial;
          how = how | HOW.partial;
          length = u32(last - from + 1);
        } else from = 0;
      }
    }
  }
  respond(tcp, c, status, how, variant, from, length);
  counters.bytes_sent.add((how & HOW.head_only) !== 0 ? 0 : length);
  const body = state.body[c];
  startRequest(tcp, c);
  if ((how & HOW.close) !== 0) state.phase[c] = PHASE.deaf;
  else if (body > 0) {
    state.phase[c] = PHASE.body;
    state.body[c] = body;
  }
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** The value of a hexadecimal digit, or -1. */
function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const small = lower(byte);
  return small >= 97 && small <= 102 ? small - 87 : -1;
}

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

/** The name of a header field is read. */
function nameRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const { words } = tcp.built;
  const word = state.word[c];
  let field: number = FIELD.other;
  let wants: number = state.wants[c];
  if (word === words['host']!) {
    field = FIELD.host;
    if ((wants & WANTS.host) !== 0) wants = wants | WANTS.bad;
    wants = wants | WANTS.host;
  } else if (word === words['connection']!) field = FIELD.connection;
  else if (word === words['accept_encoding']!) field = FIELD.accept_encoding;
  else if (word === words['if_none_match']!) {
    field = FIELD.if_none_match;
    wants = wants | WANTS.has_match;
  } else if (word === words['if_modified_since']!) field = FIELD.if_modified_since;
  else if (word === words['range']!) {
    field = FIELD.range;
    state.range_first[c] = 0;
    state.range_last[c] = 0;
  } else if (word === words['if_range']!) {
    field = FIELD.if_range;
    // Only a tag that is the very one's lets a range be sent.
    wants = wants | WANTS.whole;
  } else if (word === words['content_length']!) field = FIELD.content_length;
  else if (word === words['transfer_encoding']!) {
    field = FIELD.transfer_encoding;
    wants = wants | WANTS.coded;
  }
  state.wants[c] = wants;
  state.field[c] = field;
  state.word[c] = FNV_START;
  state.count[c] = 0;
  state.digits[c] = 0;
}

/** The tag in `digits` and what follows them (0, g or b) ends. */
function tagRead(tcp: Http, c: number): void {
  const { state, built } = tcp;
  const { site } = built;
  const found = state.value[c];
  if (found === 0) return;
  const resource = Math.min(found - 1, site.kinds.length - 1);
  const suffix = state.word[c];
  if (state.digits[c] !== site.tags[resource]! || state.count[c] < 13 || suffix > 2) return;
  if (site.body_length[resource * VARIANTS + suffix]! < 0) return;
  if (state.field[c] === FIELD.if_none_match) state.wants[c] = state.wants[c] | WANTS.same;
  else if (suffix === wantedCoding(tcp, c, resource)) state.wants[c] = state.wants[c] & ~WANTS.whole & 0xffff;
}

function wantedCoding(tcp: Http, c: number, resource: number): number {
  const { site } = tcp.built;
  const wants = tcp.state.wants[c];
  if ((wants & WANTS.brotli) !== 0 && site.body_length[resource * VARIANTS + CODING.brotli]! >= 0) return CODING.brotli;
  return (wants & WANTS.gzip) !== 0 && site.body_length[resource * VARIANTS + CODING.gzip]! >= 0 ? CODING.gzip : CODING.identity;
}

/** A byte of the value of If-None-Match or If-Range: tags in quotes. `count` is 0 outside of them. */
function tagByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const count = state.count[c];
  if (byte === 0x22) {
    if (count > 0) tagRead(tcp, c);
    state.count[c] = count > 0 ? 0 : 1;
    state.digits[c] = 0;
    state.word[c] = 0;
  } else if (count === 0) {
    if (byte === 0x2a && state.value[c] !== 0 && state.field[c] === FIELD.if_none_match) state.wants[c] = state.wants[c] | WANTS.same;
  } else {
    const digit = hexValue(byte);
    if (count <= 12 && digit >= 0) state.digits[c] = Math.min(state.digits[c], 0xfff_ffff_ffff) * 16 + digit;
    else if (count === 13 && byte === 0x2d) state.word[c] = 9;
    else if (count === 14 && state.word[c] === 9 && byte === 0x67) state.word[c] = CODING.gzip;
    else if (count === 14 && state.word[c] === 9 && byte === 0x62) state.word[c] = CODING.brotli;
    else state.word[c] = 9;
    state.count[c] = Math.min(count + 1, 0xffff);
  }
}

/** A token of a list ends: of Connection, or of Accept-Encoding. */
function tokenRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const { words } = tcp.built;
  const word = state.word[c];
  let bit: number = 0;
  if (state.field[c] === FIELD.connection) {
    if (word === words['close']!) bit = WANTS.close;
    else if (word === words['keep_alive']!) bit = WANTS.keep_alive;
  } else if (word === words['gzip']!) bit = WANTS.gzip;
  else if (word === words['br']!) bit = WANTS.brotli;
  // `digits`: 0 no weight, 1 a weight of zero so far, 2 a weight above zero.
  if (state.digits[c] !== 1) state.wants[c] = state.wants[c] | bit;
  state.word[c] = FNV_START;
  state.digits[c] = 0;
  state.count[c] = 0;
}

/** A byte of a list of tokens; `count` is 1 behind the token. */
function tokenByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  if (byte === 0x2c) tokenRead(tcp, c);
  else if (byte === 0x3b) state.count[c] = 1;
  else if (state.count[c] !== 0) {
    if (byte === 0x3d) state.digits[c] = 1;
    else if (state.digits[c] === 1 && byte > 48 && byte <= 57) state.digits[c] = 2;
  } else if (byte !== 0x20 && byte !== 0x09) state.word[c] = mixed(state.word[c], lower(byte));
}

/** A byte of If-Modified-Since, by its place. */
function dateByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const count = state.count[c];
  const digit = byte >= 48 && byte <= 57 ? byte - 48 : -1;
  // Day, year and time are digits in `digits`, the month is three letters in `word`.
  if (count >= 8 && count <= 10) state.word[c] = ((count === 8 ? 0 : state.word[c]) * 256 + byte) % 0x100_0000;
  else if (digit >= 0) state.digits[c] = Math.min(state.digits[c], 99_999_999_999) * 10 + digit;
  state.count[c] = Math.min(count + 1, 0xffff);
}

function dateRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const { site } = tcp.built;
  const digits = state.digits[c];
  let month: number = 12;
  for (let index = 0; index < 12; index += 1) if (state.word[c] === MONTHS[index]!) month = index;
  // Two digits of the day, four of the year, six of the time.
  if (state.count[c] !== 29 || month > 11) return;
  const day = Math.trunc(digits / 10_000_000_000);
  const year = Math.trunc(digits / 1_000_000) % 10_000;
  const found = state.value[c];
  if (found === 0) return;
  const resource = Math.min(found - 1, site.kinds.length - 1);
  const since = compareParts(year, month, day, digits % 1_000_000);
  state.wants[c] = state.wants[c] | WANTS.has_since | (site.changed[resource]! <= since ? WANTS.unchanged : 0);
}

/** A byte of Range: `bytes=FIRST-LAST`; `count` is 0 in the unit, 1 in the first number, 2 in the last, 3: not understood. */
function rangeByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const count = state.count[c];
  const digit = byte >= 48 && byte <= 57 ? byte - 48 : -1;
  if (count === 0) {
    if (byte === 0x3d) {
      state.count[c] = state.word[c] === tcp.built.words['bytes']! ? 1 : 3;
      state.word[c] = 0;
    } else state.word[c] = mixed(state.word[c], lower(byte));
  } else if (byte === 0x2d && count === 1) {
    state.range_first[c] = Math.min(state.digits[c], 0xffff_ffff);
    // Nothing before it: the last so many bytes.
    if (state.word[c] === 0) state.wants[c] = state.wants[c] | WANTS.suffix;
    state.word[c] = 0;
    state.digits[c] = 0;
    state.count[c] = 2;
  } else if (digit >= 0 && count < 3) {
    state.digits[c] = Math.min(state.digits[c], 0xffff_ffff) * 10 + digit;
    state.word[c] = 1;
  } else if (byte !== 0x20) state.count[c] = 3;
}

function rangeRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const wants = state.wants[c];
  const suffix = (wants & WANTS.suffix) !== 0;
  const open = state.word[c] === 0;
  const last = Math.min(state.digits[c], 0xffff_ffff);
  state.range_last[c] = last;
  // Several ranges, and what is no range, are as if there were none (RFC 9110, 14.2).
  const sound = state.count[c] === 2 && !(open && suffix) && (open || suffix || last >= state.range_first[c]);
  state.wants[c] = sound ? wants | WANTS.range | (open ? WANTS.open_range : 0) : wants & ~WANTS.suffix & 0xffff;
}

/** A byte of the value of a field that matters. */
function valueByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const field = state.field[c];
  if (field === FIELD.connection || field === FIELD.accept_encoding) tokenByte(tcp, c, byte);
  else if (field === FIELD.if_none_match || field === FIELD.if_range) tagByte(tcp, c, byte);
  else if (field === FIELD.if_modified_since) dateByte(tcp, c, byte);
  else if (field === FIELD.range) rangeByte(tcp, c, byte);
  else if (byte >= 48 && byte <= 57) {
    state.digits[c] = Math.min(state.digits[c], 0xffff_ffff) * 10 + byte - 48;
    state.count[c] = 1;
  } else if (byte !== 0x20 && byte !== 0x09) state.wants[c] = state.wants[c] | WANTS.bad;
}

/** The value of a field ends. */
function valueRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const field = state.field[c];
  if (field === FIELD.connection || field === FIELD.accept_encoding) tokenRead(tcp, c);
  else if (field === FIELD.if_modified_since) dateRead(tcp, c);
  else if (field === FIELD.range) rangeRead(tcp, c);
  else if (field === FIELD.content_length) {
    const length = state.digits[c];
    if (state.count[c] === 0 || length > 0xffff_ffff || (state.body[c] !== 0 && state.body[c] !== length)) state.wants[c] = state.wants[c] | WANTS.bad;
    state.body[c] = Math.min(length, 0xffff_ffff);
  }
}

/** See Application: reads requests, and puts responses behind those that wait. */
export function deliver(tcp: Http, c: number, packet: Packet): number {
  const { state, built, clock } = tcp;
  const { words } = built;
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
    if (phase === PHASE.body) {
      const rest = Math.max(0, Math.min(state.body[c], length - at));
      state.body[c] = u32(state.body[c] - rest);
      if (state.body[c] === 0) state.phase[c] = PHASE.start;
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
          next = state.field[c] > FIELD.host && state.field[c] !== FIELD.transfer_encoding ? PHASE.value : PHASE.skip;
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
          const word = state.word[c];
          if (word === words['version_1_0']!) state.wants[c] = state.wants[c] | WANTS.old;
          else if (word !== words['version_1_1']!) error = state.count[c] === 8 ? AT.other_version : AT.bad;
          next = byte === 0x0d ? PHASE.line_end : PHASE.line;
        } else {
          state.word[c] = mixed(state.word[c], byte);
          state.count[c] = Math.min(state.count[c] + 1, 0xffff);
        }
      } else {
        // A target: a path, perhaps behind scheme and host, perhaps with a query.
        const count = Math.min(state.count[c] + 1, 0xffff);
        state.count[c] = count;
        let letter: number = -1;
        if (count > TARGET_BYTES_MAX) error = AT.long_target;
        else if (byte === 0x20) {
          if (count === 1 || phase === PHASE.hex_high || phase === PHASE.hex_low) error = AT.bad;
          state.word[c] = FNV_START;
          state.count[c] = 0;
          next = PHASE.version;
        } else if (byte < 0x20 || byte === 0x7f) error = AT.bad;
        else if (phase === PHASE.scheme) {
          // `http://host/path`: the path begins at the third slash.
          if (byte === 0x2f) {
            state.digits[c] = Math.min(3, state.digits[c] + 1);
            if (state.digits[c] === 3) {
              next = PHASE.target;
              letter = byte;
            }
          }
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
