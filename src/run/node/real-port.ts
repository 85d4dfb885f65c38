/** A way in and out for frames. */
export interface RealPort {
  /** The next frame that is due at `now` (nanoseconds since the run began), or undefined. */
  receive(now: bigint): Uint8Array | undefined;
  send(frame: Uint8Array, clock: bigint): void;
  /** No frame will come any more. */
  readonly spent: boolean;
  /** When the next frame is due, in nanoseconds since the run began; undefined: nobody knows. */
  readonly due?: bigint | undefined;
  /** Whether it leads somewhere now; absent: it does. */
  readonly isUp?: () => boolean;
  close(): void;
}
