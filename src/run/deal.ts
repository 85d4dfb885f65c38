/** The hash by which frames are dealt out: native/abi/wl_deal.h is its twin. */
export function mixInto(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e37_79b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
