/** Words of requests, which are known by a hash (FNV-1a), and letters. */

export const FNV_START = 0x811c_9dc5;

export function mixed(word: number, byte: number): number {
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
  get: 'GET', head: 'HEAD', post: 'POST', put: 'PUT', delete: 'DELETE', options: 'OPTIONS', trace: 'TRACE', patch: 'PATCH', connect: 'CONNECT', protocol: 'HTTP/', version_1: 'HTTP/1.',
  host: 'host', connection: 'connection', accept_encoding: 'accept-encoding', if_none_match: 'if-none-match', if_modified_since: 'if-modified-since', range: 'range', if_range: 'if-range', content_length: 'content-length',
  transfer_encoding: 'transfer-encoding', if_match: 'if-match', if_unmodified_since: 'if-unmodified-since', chunked: 'chunked', close: 'close', keep_alive: 'keep-alive', gzip: 'gzip', br: 'br', bytes: 'bytes',
};

export function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const small = lower(byte);
  return small >= 97 && small <= 102 ? small - 87 : -1;
}
