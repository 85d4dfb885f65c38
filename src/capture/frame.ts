/** A frame of a capture. */
export interface CapturedFrame {
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
  /** Bytes that it had on the wire, where that was noted. */
  readonly wireLength: number;
  /** Link type of the pcap registry. */
  readonly link: number;
  /** Where its record begins in the file, and where the next one does, in bytes. */
  readonly offset: number;
  readonly end: number;
}

/** LINKTYPE_ETHERNET of the pcap registry: the only kind of frame that an interface takes. */
export const LINKTYPE_ETHERNET = 1;
/** Longest record that is believed; a larger length means a damaged file. */
export const RECORD_BYTES_MAX = 262_144;

/** Times beyond what clocks of elements count (2^52 microseconds, the year 2112) are cut to that. */
export const TIMESTAMP_MAX = 2n ** 52n * 1000n;

/** What is wrong with a capture, and where; the frames before it are good. */
export class CaptureError extends Error {
  constructor(
    message: string,
    /** Frames that could be read. */
    readonly frames: number,
    readonly hint?: string,
    /** Click's words for it, where it has some. */
    readonly click?: string,
  ) {
    super(message);
    this.name = 'CaptureError';
  }
}
