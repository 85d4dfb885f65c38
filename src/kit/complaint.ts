/** What elements say about packets under Click's driver: a line for the first wrong packet, or for each. */
import { byteSwapped } from './byte-order.js';
import type { Log } from './element.js';
import { fewMark } from './line-mark.js';
import type { u32, u8 } from './integers.js';

/** State of an element that complains. */
export interface Complaints {
  complaints: u8;
}

/**
 * Says `name: what check failed: reason`, or without a name where that is empty, if that is to be said: for the first packet, and with `verbose` for each. Elements ask only where
 * there is somebody to read it (BuildContext.chatter): otherwise nothing of this is compiled.
 */
export function complain(log: Log, state: Complaints, name: string, verbose: boolean, what: string, reason: string): void {
  if (state.complaints === 0 || verbose) {
    if (name.length > 0) {
      log.text(name);
      log.text(': ');
    }
    log.text(what);
    log.text(' check failed: ');
    log.text(reason);
    log.end();
    state.complaints = 1;
  }
}

/** Says a line about the first packet of which there is something to say. */
export function complainOnce(log: Log, state: Complaints, line: string): void {
  if (state.complaints !== 0) return;
  log.text(line);
  log.end();
  state.complaints = 1;
}

/** An IPv4 address as text. */
export function logAddress(log: Log, value: u32): void {
  log.decimal(value >>> 24);
  log.text('.');
  log.decimal((value >>> 16) & 255);
  log.text('.');
  log.decimal((value >>> 8) & 255);
  log.text('.');
  log.decimal(value & 255);
}

/** One of the eight groups of 16 bits that the words of an IPv6 address are. */
function groupOf(index: number, word0: u32, word1: u32, word2: u32, word3: u32): u32 {
  const word = index < 2 ? word0 : index < 4 ? word1 : index < 6 ? word2 : word3;
  return index % 2 === 0 ? word >>> 16 : word & 0xffff;
}

/**
 * An IPv6 address as text, as formatClickIpv6 writes it (address6.ts): the longest row of zero groups as `::`, and in the last four
 * bytes an IPv4 address where it is one behind ::ffff.
 */
export function logAddress6(log: Log, word0: u32, word1: u32, word2: u32, word3: u32): void {
  if (word0 === 0 && word1 === 0 && word2 === 0xffff) {
    log.text('::ffff:');
    logAddress(log, word3);
    return;
  }
  let start = 0;
  let length = 0;
  let behind = 0;
  for (let index = 0; index < 8; index += 1) {
    if (groupOf(index, word0, word1, word2, word3) !== 0) behind = index + 1;
    else if (index + 1 - behind > length) {
      start = behind;
      length = index + 1 - behind;
    }
  }
  for (let index = 0; index < 8; index += 1) {
    const hidden = length > 1 && index >= start && index < start + length;
    if (hidden && index === start) log.text(':');
    if (hidden && index === 7) log.text(':');
    if (!hidden) {
      if (index > 0) log.text(':');
      log.lowerHexadecimal(groupOf(index, word0, word1, word2, word3), 1);
    }
  }
}

function logDigits(log: Log, value: number): void {
  if (value < 100) log.text('0');
  if (value < 10) log.text('0');
  log.decimal(value);
}

/** A time in seconds with six digits of microseconds, or nine where there are nanoseconds. */
export function logTime(log: Log, seconds: u32, nanoseconds: u32): void {
  log.decimal(seconds);
  log.text('.');
  const micro = Math.trunc(nanoseconds / 1000);
  logDigits(log, Math.trunc(micro / 1000));
  logDigits(log, micro % 1000);
  if (nanoseconds % 1000 !== 0) logDigits(log, nanoseconds % 1000);
}

/** Lines about destinations without a route, at most: of all elements of a kind, as in Click. */
const NO_ROUTE_LINES_MAX = 5;

/** What such lines begin with, for `complainOfRoute`. */
export const noRoute = (text: string): string => `${fewMark(NO_ROUTE_LINES_MAX, text)}${text}`;

/** Says that no route leads to an address, as `text` says it: for the first few (noRoute), or for every packet with the address in hexadecimal, its bytes backwards. */
export function complainOfRoute(log: Log, state: Complaints, address: u32, text: string, everyHexadecimal: boolean): void {
  if (everyHexadecimal) {
    log.text(text);
    log.lowerHexadecimal(byteSwapped(address), 1);
    log.end();
  } else if (state.complaints < NO_ROUTE_LINES_MAX) {
    log.text(text);
    logAddress(log, address);
    log.end();
    state.complaints = (state.complaints + 1) & 255;
  }
}
