/** Seeded random numbers (SplitMix32 with the mix of hash.ts). Twin: native/runtime/wl_random.h. */
import { mix } from './hash.js';
import type { u32 } from './integers.js';
import type { Random } from './element.js';

/** The sequence of element `instance` in a run with `seed`. */
export class SeededRandom implements Random {
  private state: u32;

  constructor(seed: u32, instance: number) {
    this.state = mix((seed ^ Math.imul(instance + 1, 0x85eb_ca6b)) >>> 0);
  }

  u32(): u32 {
    this.state = (this.state + 0x9e37_79b9) >>> 0;
    return mix(this.state);
  }

  below(bound: number): u32 {
    // The high half of the 64-bit product, from exact 48-bit parts.
    const value = this.u32();
    const low = Math.floor(((value & 0xffff) * bound) / 0x1_0000);
    return Math.floor(((value >>> 16) * bound + low) / 0x1_0000);
  }
}
