/** One figure. */
export interface Row {
  readonly frame_size: string;
  readonly what: string;
  /** Null where there is none; the note says why. */
  readonly value: number | null;
  readonly unit: string;
  /**
   * Gigabits a second of the rate that the row is of: of the frames (layer 2), and with preamble and gap (layer 1). Null
   * where the row is of no rate, or nobody knows how long the frames were.
   */
  readonly l1_gbps: number | null;
  readonly l2_gbps: number | null;
  readonly note: string;
}
