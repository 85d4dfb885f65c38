/** Header fields that matter, byte by byte (RFC 9110). */
import { CODING, VARIANTS } from 'wirelet';
import { dateByte, dateRead } from './date-field.js';
import type { Http } from './exchange.js';
import { FIELD, WANTS, WANTS_MASK } from './marks.js';
import { FNV_START, hexValue, lower, mixed } from './words.js';

/** The name of a header field is read. */
export function nameRead(tcp: Http, c: number): void {
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
    // Only a tag or a date that is the very one's lets a range be sent.
    wants = wants | WANTS.whole;
  } else if (word === words['content_length']!) field = FIELD.content_length;
  else if (word === words['transfer_encoding']!) {
    field = FIELD.transfer_encoding;
    wants = wants | WANTS.encoded;
  } else if (word === words['if_match']!) {
    field = FIELD.if_match;
    wants = wants | WANTS.must_match;
  } else if (word === words['if_unmodified_since']!) field = FIELD.if_unmodified_since;
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
  else if (state.field[c] === FIELD.if_match) state.wants[c] = state.wants[c] | WANTS.matches;
  else if (suffix === wantedCoding(tcp, c, resource)) state.wants[c] = state.wants[c] & ~WANTS.whole & WANTS_MASK;
}

function wantedCoding(tcp: Http, c: number, resource: number): number {
  const { site } = tcp.built;
  const wants = tcp.state.wants[c];
  if ((wants & WANTS.brotli) !== 0 && site.body_length[resource * VARIANTS + CODING.brotli]! >= 0) return CODING.brotli;
  return (wants & WANTS.gzip) !== 0 && site.body_length[resource * VARIANTS + CODING.gzip]! >= 0 ? CODING.gzip : CODING.identity;
}

/** Of the tag that follows. */
const WEAK = 0x57;

/** A byte of the value of If-Match, If-None-Match or If-Range: tags in quotes. `count` is 0 outside of them. */
function tagByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const count = state.count[c];
  if (byte === 0x22) {
    if (count > 0) tagRead(tcp, c);
    // A weak tag is no tag but for If-None-Match (RFC 9110, 8.8.3.2).
    state.word[c] = count === 0 && state.word[c] === WEAK && state.field[c] !== FIELD.if_none_match ? 9 : 0;
    state.count[c] = count > 0 ? 0 : 1;
    state.digits[c] = 0;
  } else if (count === 0) {
    if (byte === 0x57) state.word[c] = WEAK;
    if (byte === 0x2a && state.value[c] !== 0) state.wants[c] = state.wants[c] | (state.field[c] === FIELD.if_none_match ? WANTS.same : state.field[c] === FIELD.if_match ? WANTS.matches : 0);
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
  } else if (state.field[c] === FIELD.transfer_encoding) {
    // Chunked is the last of the codings, and once (RFC 9112, 6.1).
    if (word !== FNV_START) bit = (state.wants[c] & WANTS.chunked) !== 0 ? WANTS.bad : word === words['chunked']! ? WANTS.chunked : WANTS.coded;
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
  else if (state.word[c] !== FNV_START) state.count[c] = 1;
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
  state.wants[c] = sound ? wants | WANTS.range | (open ? WANTS.open_range : 0) : wants & ~WANTS.suffix & WANTS_MASK;
}

function isDate(field: number): boolean {
  return field === FIELD.if_modified_since || field === FIELD.if_unmodified_since || field === FIELD.if_range_date;
}

/** A byte of the value of a field that matters. */
export function valueByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  // What begins with no quote is no tag that would do here, but may be a date.
  if (state.field[c] === FIELD.if_range && state.count[c] === 0 && state.word[c] === FNV_START && byte !== 0x22) state.field[c] = FIELD.if_range_date;
  const field = state.field[c];
  if (field === FIELD.connection || field === FIELD.accept_encoding || field === FIELD.transfer_encoding) tokenByte(tcp, c, byte);
  else if (field === FIELD.if_none_match || field === FIELD.if_range || field === FIELD.if_match) tagByte(tcp, c, byte);
  else if (isDate(field)) dateByte(tcp, c, byte);
  else if (field === FIELD.range) rangeByte(tcp, c, byte);
  else wordByte(tcp, c, byte);
}

/** A byte of Host or Content-Length, which are one word; `count`: 1 in it, 2 behind it. */
function wordByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const length = state.field[c] === FIELD.content_length;
  // What ends a host's name where it stands in a target, or can be in none.
  const sound = length ? byte >= 48 && byte <= 57 : byte > 0x20 && byte !== 0x22 && byte !== 0x23 && byte !== 0x2c && byte !== 0x2f && byte < 0x7f && byte !== 0x3f && byte !== 0x40 && byte !== 0x5c && byte !== 0x3c && byte !== 0x3e;
  if (byte === 0x20 || byte === 0x09) state.count[c] = state.count[c] === 0 ? 0 : 2;
  else if (!sound || state.count[c] === 2) state.wants[c] = state.wants[c] | WANTS.bad;
  else {
    state.count[c] = 1;
    if (length) state.digits[c] = Math.min(state.digits[c], 0xffff_ffff) * 10 + Math.max(0, byte - 48);
  }
}

/** The value of a field ends. */
export function valueRead(tcp: Http, c: number): void {
  const { state } = tcp;
  const field = state.field[c];
  if (field === FIELD.connection || field === FIELD.accept_encoding || field === FIELD.transfer_encoding) tokenRead(tcp, c);
  else if (isDate(field)) dateRead(tcp, c);
  else if (field === FIELD.range) rangeRead(tcp, c);
  else if (field === FIELD.content_length) {
    const length = state.digits[c];
    if (state.count[c] === 0 || length > 0xffff_ffff || ((state.wants[c] & WANTS.length) !== 0 && state.body[c] !== length)) state.wants[c] = state.wants[c] | WANTS.bad;
    state.wants[c] = state.wants[c] | WANTS.length;
    state.body[c] = Math.min(length, 0xffff_ffff);
  }
}
