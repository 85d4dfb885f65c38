/**
 * Dates in header fields, byte by byte, in each of the three forms that a server accepts (RFC 9110, 5.6.7):
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT      the one that is sent
 *     Sunday, 06-Nov-94 08:49:37 GMT     RFC 850
 *     Sun Nov  6 08:49:37 1994           asctime of C
 */
import { compareParts, NEVER_UNCHANGED, u32 } from 'wirelet';
import type { Http } from './exchange.js';
import { MONTHS } from './http-date.js';
import { FIELD, WANTS, WANTS_MASK } from './marks.js';

/**
 * `count` says where in which form the next byte is: below 32 in asctime's, or in a day of the week that is still read; from 32 on, and from 64
 * on, behind the comma of the first and of the second. In all three the month begins at place 4 then.
 */
const FORM = Object.freeze({ first: 32, second: 64, places: 32 });
const END = Object.freeze({ asctime: 24, first: 57, second: 87 });
const WRONG = 0xffff;
const MONTH = Object.freeze({ from: 4, behind: 7 });
/** The month and, in the lower bits, letters at the end share `word`. */
const MONTH_UNIT = 0x100_0000;
const GMT = 0x47_4d54;
/** `digits` begins with a 1, so that its size says how many there are. */
const TWELVE_DIGITS = 1_000_000_000_000;
const TEN_DIGITS = 10_000_000_000;
/** Seconds of a year, on average of 400. */
const YEAR_SECONDS = 31_556_952;

/** A byte of the value of such a field. */
export function dateByte(tcp: Http, c: number, byte: number): void {
  const { state } = tcp;
  const count = state.count[c];
  const place = count % FORM.places;
  const word = state.word[c];
  const isSpace = byte === 0x20 || byte === 0x09;
  let next: number = Math.min(count + 1, WRONG);
  if (count === END.asctime || count === END.first || count === END.second) next = isSpace ? count : WRONG;
  else if (byte === 0x2c) next = count === 3 ? FORM.first : count >= 6 && count <= 9 ? FORM.second : WRONG;
  else if (place === MONTH.from) state.word[c] = byte;
  else if (place > MONTH.from && place < MONTH.behind) state.word[c] = (word % 0x1_0000) * 256 + byte;
  else {
    if (place === MONTH.behind) {
      let month: number = 12;
      for (let index = 0; index < 12; index += 1) if (word === MONTHS[index]!) month = index;
      state.word[c] = month * MONTH_UNIT;
    }
    // The day of asctime has a blank where others have a zero.
    const digit = byte >= 48 && byte <= 57 ? byte - 48 : byte === 0x20 && count === 8 ? 0 : -1;
    if (digit >= 0) state.digits[c] = Math.min(state.digits[c] === 0 ? 1 : state.digits[c], 9 * TWELVE_DIGITS) * 10 + digit;
    else if (place >= 20 && !isSpace && byte !== 0x3a) state.word[c] = Math.trunc(word / MONTH_UNIT) * MONTH_UNIT + (word % 0x1_0000) * 256 + byte;
  }
  state.count[c] = count === WRONG ? WRONG : next;
}

/** The year that ends in these two digits and lies at most 50 years ahead (RFC 9110, 5.6.7). */
function wholeYear(seconds: u32, digits: number): number {
  const now = 1970 + Math.trunc(seconds / YEAR_SECONDS);
  let year = now - (now % 100) + 100 + digits;
  if (year > now + 50) year -= 100;
  if (year > now + 50) year -= 100;
  return year;
}

/** Such a field ends: what it says of the resource is noted, if it is a date. */
export function dateRead(tcp: Http, c: number): void {
  const { state, clock } = tcp;
  const { site } = tcp.built;
  const count = state.count[c];
  const isShort = count === END.second;
  const isPlain = count === END.asctime;
  const digits = state.digits[c] - (isShort ? TEN_DIGITS : TWELVE_DIGITS);
  if ((!isShort && !isPlain && count !== END.first) || digits < 0 || digits >= (isShort ? TEN_DIGITS : TWELVE_DIGITS)) return;
  const clockDigits = isPlain ? Math.trunc(digits / 10_000) % 1_000_000 : digits % 1_000_000;
  const day = Math.trunc(digits / (isShort ? 100_000_000 : 10_000_000_000));
  const year = isShort ? wholeYear(u32(clock.seconds), Math.trunc(digits / 1_000_000) % 100) : isPlain ? digits % 10_000 : Math.trunc(digits / 1_000_000) % 10_000;
  const month = Math.trunc(state.word[c] / MONTH_UNIT);
  if (month > 11 || state.word[c] % MONTH_UNIT !== (isPlain ? 0 : GMT)) return;
  if (day < 1 || day > 31 || clockDigits >= 240_000 || Math.trunc(clockDigits / 100) % 100 > 59 || clockDigits % 100 > 60) return;
  const found = state.value[c];
  if (found === 0) return;
  const since = compareParts(year, month, day, clockDigits);
  const changed = site.changed[Math.min(found - 1, site.kinds.length - 1)]!;
  const wants = state.wants[c];
  if (state.field[c] === FIELD.if_modified_since) state.wants[c] = wants | WANTS.has_since | (changed <= since ? WANTS.unchanged : 0);
  // A range goes with the very date that was told (RFC 9110, 13.1.5): what is in an image does not change in that second or ever.
  else if (state.field[c] === FIELD.if_range_date) state.wants[c] = changed === since ? wants & ~WANTS.whole & WANTS_MASK : wants;
  // Without a date that is told there is nothing to compare (RFC 9110, 13.1.4).
  else if (changed > since && changed < NEVER_UNCHANGED) state.wants[c] = wants | WANTS.changed;
}
