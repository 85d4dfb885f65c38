/** The header of ESP as these elements have it (RFC 4303, 2): SPI, sequence number, and eight bytes of initialization vector, which belong to the cipher (RFC 2405). */

/** Bytes of SPI and sequence number. */
export const ESP_BYTES = 8;
export const VECTOR_BYTES = 8;
/** Where what is encrypted begins. */
export const ENCRYPTED_AT = ESP_BYTES + VECTOR_BYTES;
/** Longest run of blocks that is encrypted, in bytes: of a frame of 9216 bytes. */
export const ENCRYPTED_MAX = 9216;
