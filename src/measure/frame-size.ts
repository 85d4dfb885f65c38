/** Frame sizes and what they mean on a wire. Sizes are of the whole frame, its check sequence (4 bytes) included. */

import { IMIX } from '../run/generator-spec.js';

/** RFC 2544, section 9.1, and the sizes of RFC 5180 that fit into Ethernet. */
export const STANDARD_SIZES = [64, 128, 256, 512, 1024, 1280, 1518] as const;

export type FrameSize = number | 'imix';

/** Bytes between frames on Ethernet: preamble 7, start delimiter 1, gap 12 (IEEE 802.3, 3.1 and 4.4). */
const GAP_BYTES = 20;

/** Mean bytes of a frame. */
export function meanBytes(size: FrameSize): number {
  return size === 'imix' ? IMIX.reduce((sum, each) => sum + each, 0) / IMIX.length : size;
}

/** Bits a second that frames of that size and rate take: layer 2 (the frames), layer 1 (with what is between them). */
export function bitRates(size: FrameSize, pps: number): { l2_gbps: number; l1_gbps: number } {
  const bytes = meanBytes(size);
  return { l2_gbps: (pps * bytes * 8) / 1e9, l1_gbps: (pps * (bytes + GAP_BYTES) * 8) / 1e9 };
}
