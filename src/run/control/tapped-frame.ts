/** A copy of a frame, or of its beginning. */
export interface TappedFrame {
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  /** Bytes of the frame, which `bytes` may hold the beginning of. */
  readonly length: number;
  readonly bytes: Uint8Array;
}
