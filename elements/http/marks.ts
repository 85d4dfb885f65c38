/** Numbers that stand for what a request is, and where in it its reader is. */

/** What a connection reads. */
export const PHASE = Object.freeze({ start: 0, method: 1, target: 2, query: 3, hex_high: 4, hex_low: 5, version: 6, line_end: 7, line: 8, name: 9, before_value: 10, value: 11, skip: 12, last: 13, body: 14, scheme: 15, deaf: 16,
  /** Of a body in chunks (RFC 9112, 7.1): the line of a size, its extension and its end; data and what ends it; lines behind the last chunk. */
  chunk_size: 17, chunk_extension: 18, chunk_line_end: 19, chunk_data: 20, chunk_end: 21, chunk_end_line: 22, trailer: 23, trailer_skip: 24, trailer_line_end: 25, trailer_last: 26 });

export const METHOD = Object.freeze({ other: 0, get: 1, head: 2, known: 3 });

/** Header fields that matter. */
export const FIELD = Object.freeze({ other: 0, host: 1, connection: 2, accept_encoding: 3, if_none_match: 4, if_modified_since: 5, range: 6, if_range: 7, content_length: 8, transfer_encoding: 9, if_match: 10, if_unmodified_since: 11,
  /** If-Range with what is no tag. */
  if_range_date: 12 });

/** Bits of `wants`: what the request asks for, and what is wrong with it. */
export const WANTS = Object.freeze({
  gzip: 1, brotli: 2, close: 4, keep_alive: 8, host: 16, old: 32, has_match: 64, same: 128, has_since: 256, unchanged: 512, range: 1024, suffix: 2048, whole: 4096, open_range: 8192, bad: 16_384, coded: 32_768,
  length: 0x1_0000, encoded: 0x2_0000, chunked: 0x4_0000, must_match: 0x8_0000, matches: 0x10_0000, changed: 0x20_0000,
});

/** All bits of `wants`. */
export const WANTS_MASK = 0x3f_ffff;

/** Places of statuses in STATUS_CODES. */
export const AT = Object.freeze({ ok: 0, partial: 1, moved: 2, not_modified: 3, bad: 4, not_found: 5, no_method: 6, timeout: 7, long_target: 8, bad_range: 9, long_head: 10, no_such_method: 11, other_version: 12, failed: 13 });
