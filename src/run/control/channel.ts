/** The way to the memory of a running appliance: requests that are answered at once, or throw HandlerError. */
import { HandlerError } from '../../kit/element.js';

export interface Channel {
  /** `bytes` bytes at an offset from the appliance's first byte, as they are now. */
  read(offset: number, bytes: number): ArrayBuffer;
  /** The appliance must be held. */
  write(offset: number, bytes: Uint8Array): void;
  /** Holds the appliance between two rounds; it goes on by itself after so many milliseconds. */
  hold(milliseconds: number): void;
  release(): void;
  /** Ends the first `count` packets of the queue at `offset`. The appliance must be held. */
  drop(offset: number, count: number): void;
  /** From now on frames at these edges are copied (tap_edges in native/abi/wirelet_abi.h), so many bytes of each at most. */
  tap(edges: bigint, frameBytes: number): void;
  close(): void;
}

/** The number of the processor stands above the offset: WL_CHANNEL_CORE_SHIFT. */
const CHANNEL_CORE_SHIFT = 48;

/** An offset in the memory of one of several processors. */
export function placeOf(core: number, offset: number): number {
  return core * 2 ** CHANNEL_CORE_SHIFT + offset;
}

/** Answers that are not `done`, by their number. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'the host of the appliance says that a piece of state is not where its image says',
  2: 'the appliance was not held any more',
  3: 'the appliance makes no progress: a round has not ended for two seconds',
  4: 'the appliance has ended',
  5: 'the host of the appliance is of another version',
};

/** What a status of native/abi/wl_channel_abi.h means to who asked. */
export function refusalOf(status: number): HandlerError {
  return new HandlerError(REFUSALS[status] ?? REFUSALS[5]!);
}
