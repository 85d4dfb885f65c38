/** What elements of this folder take over; its names are not those of their files. */
import { register, u32, type Packet, type Timer } from 'wirelet';

const MARK = 5;
/** Microseconds. */
const LATER = 1000;

interface Marking {
  readonly state: { seen: u32 };
  readonly timers: { readonly later: Timer };
  readonly outputs: any;
}

export function mark(packet: Packet, { state, timers, outputs }: Marking): any {
  state.seen = u32(state.seen + 1);
  packet.storeU8(0, MARK);
  timers.later.after(LATER);
  return outputs.out;
}

export const timers = {
  later({ state }: Pick<Marking, 'state'>) {
    state.seen = u32(state.seen + 100 * MARK);
  },
};

export const seen = { seen: register('u32') };

/** A whole packet path. */
export const path = { timers, process: mark };
