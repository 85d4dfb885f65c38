/** Bodies of requests in chunks (RFC 9112, 7.1), which nobody wants, byte by byte: where they end is what counts. */
import type { Http } from './exchange.js';
import { PHASE } from './marks.js';
import { hexValue } from './words.js';

/** Bytes of a chunk at most. */
const CHUNK_BYTES_MAX = 0xffff_ffff;

/** A byte of a size, in hexadecimal digits. */
function sizeByte(tcp: Http, c: number, byte: number): number {
  const { state } = tcp;
  const digit = hexValue(byte);
  if (digit >= 0) {
    const size = Math.min(state.digits[c], CHUNK_BYTES_MAX) * 16 + digit;
    state.digits[c] = size;
    state.count[c] = 1;
    return size > CHUNK_BYTES_MAX ? PHASE.deaf : PHASE.chunk_size;
  }
  if (state.count[c] === 0) return PHASE.deaf;
  if (byte === 0x0d) return PHASE.chunk_line_end;
  return byte === 0x3b || byte === 0x20 || byte === 0x09 ? PHASE.chunk_extension : PHASE.deaf;
}

/** A chunk begins; what surrounds it may be as long as a head. */
function nextChunk(tcp: Http, c: number): number {
  tcp.state.digits[c] = 0;
  tcp.state.count[c] = 0;
  tcp.state.head_bytes[c] = 0;
  return PHASE.chunk_size;
}

/** The line of a size ends: data follows, or what follows the last chunk. */
function sizeRead(tcp: Http, c: number): number {
  const size = Math.min(tcp.state.digits[c], CHUNK_BYTES_MAX);
  if (size === 0) return PHASE.trailer;
  tcp.state.body[c] = size;
  return PHASE.chunk_data;
}

/** The phase that a byte outside of the data leads to; PHASE.deaf: it cannot stand there. Lines end by CR and LF, nothing less. */
export function chunkByte(tcp: Http, c: number, phase: number, byte: number): number {
  if (phase === PHASE.chunk_size) return sizeByte(tcp, c, byte);
  if (phase === PHASE.chunk_extension || phase === PHASE.trailer_skip) {
    if (byte === 0x0d) return phase === PHASE.trailer_skip ? PHASE.trailer_line_end : PHASE.chunk_line_end;
    return byte === 0x0a || byte === 0 ? PHASE.deaf : phase;
  }
  if (phase === PHASE.trailer) return byte === 0x0d ? PHASE.trailer_last : byte <= 0x20 ? PHASE.deaf : PHASE.trailer_skip;
  if (phase === PHASE.chunk_end) return byte === 0x0d ? PHASE.chunk_end_line : PHASE.deaf;
  if (byte !== 0x0a) return PHASE.deaf;
  if (phase === PHASE.chunk_line_end) return sizeRead(tcp, c);
  if (phase === PHASE.chunk_end_line) return nextChunk(tcp, c);
  if (phase === PHASE.trailer_line_end) return PHASE.trailer;
  // The next request is read anew.
  tcp.state.head_bytes[c] = 0;
  return PHASE.start;
}
