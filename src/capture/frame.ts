/** A frame of a capture. */
export interface CapturedFrame {
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
}

/** LINKTYPE_ETHERNET of the pcap registry: the only kind of frame that an interface takes. */
export const LINKTYPE_ETHERNET = 1;
/** Longest record that is believed; a larger length means a damaged file. */
export const RECORD_BYTES_MAX = 262_144;

/** What is wrong with a capture, and where; the frames before it are good. */
export class CaptureError extends Error {
  constructor(
    message: string,
    /** Frames that could be read. */
    readonly frames: number,
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'CaptureError';
  }
}
