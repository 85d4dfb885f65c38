/** Frame sizes and what they mean on a wire. Sizes are of the whole frame, its check sequence (4 bytes) included. */

import { IMIX } from '../run/generator-spec.js';

/** RFC 2544, section 9.1, and the sizes of RFC 5180 that fit into Ethernet. */
export const STANDARD_SIZES = [64, 128, 256, 512, 1024, 1280, 1518] as const;

export type FrameSize = number | 'imix';

/** Bytes of a frame that sizes count and memory does not hold: its check sequence (IEEE 802.3, 3.2.9). */
export const FCS_BYTES = 4;
/** Bytes between frames on Ethernet: preamble 7, start delimiter 1, gap 12 (IEEE 802.3, 3.1 and 4.4). */
export const GAP_BYTES = 20;

/** Mean bytes of a frame. */
export function meanBytes(size: FrameSize): number {
  return size === 'imix' ? IMIX.reduce((sum, each) => sum + each, 0) / IMIX.length : size;
}

export interface BitRates {
  readonly l2_gbps: number;
  readonly l1_gbps: number;
}

/** Bits a second that frames of so many bytes take: layer 2 (the frames), layer 1 (with what is between them). */
export function bitRates(bytes: number, pps: number): BitRates {
  return { l2_gbps: (pps * bytes * 8) / 1e9, l1_gbps: (pps * (bytes + GAP_BYTES) * 8) / 1e9 };
}
