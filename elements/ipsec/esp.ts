/**
 * The header of ESP (RFC 4303, 2): SPI, sequence number, and the initialization vector of the cipher, which is as long as its blocks: 16 bytes for AES-CBC (RFC 3602), 8 for
 * DES-CBC (RFC 2405).
 */
import type { ElementsAround, Log } from 'wirelet';

/** Bytes of SPI and sequence number. */
export const ESP_BYTES = 8;
/** Bytes of a block, and so of the initialization vector. */
export const AES_BLOCK = 16;
export const DES_BLOCK = 8;
/** Bytes of the authentication behind a packet. */
export const DIGEST_BYTES = 12;
/** Longest run of blocks that is encrypted, in bytes: of a frame of 9216 bytes. */
export const ENCRYPTED_MAX = 9216;

/** The block of the graph's cipher, unless one was given. */
export function blockOf(given: number | undefined, elements: ElementsAround): number {
  return given ?? (elements.ofClass('IPsecDES').length > 0 && elements.ofClass('IPsecAES').length === 0 ? DES_BLOCK : AES_BLOCK);
}

/** Where what is encrypted ends, from `from` on: with the packet's last block, or before an authentication that is there already; -1: there is no whole number of blocks. */
export function encryptedEnd(length: number, from: number, block: 8 | 16): number {
  if (length < from) return -1;
  const rest = (length - from) % block;
  if (rest === 0) return length;
  return rest === DIGEST_BYTES % block && length - DIGEST_BYTES >= from ? length - DIGEST_BYTES : -1;
}

/** A line about what is wrong. */
export function tell(log: Log, line: string): void {
  log.text(line);
  log.end();
}
