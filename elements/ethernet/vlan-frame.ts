/** Frames with and without a tag, for examples. */
import { ethernet, type PacketTemplate } from 'wirelet';

export const untagged = ethernet.make({ type: 0x0800 }, Uint8Array.from([1, 2, 3, 4]));

/** The same frame with a tag. */
export function tagged(tci: number, ethertype = 0x8100): PacketTemplate {
  const { bytes } = untagged;
  return { bytes: Uint8Array.from([...bytes.subarray(0, 12), ethertype >> 8, ethertype & 255, tci >> 8, tci & 255, ...bytes.subarray(12)]) };
}
