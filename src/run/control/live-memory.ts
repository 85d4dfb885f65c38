/** The state of a running appliance, fetched piece by piece as handlers ask for it, and written back where they changed it. */
import { HandlerError } from '../../kit/element.js';
import type { PieceMemory } from '../click/native-state.js';
import { placeOf, type Channel } from './channel.js';

/** A write handler gets that long, in milliseconds; then the appliance goes on. */
const HOLD_MS_MAX = 2000;
/** Changed bytes are looked for, and written, in blocks of this size. */
const BLOCK_BYTES = 4096;

interface Fetched {
  readonly buffer: ArrayBuffer;
  /** Before anybody changed it; absent when nobody may. */
  readonly before?: Uint8Array;
}

/** A piece of the memory of an appliance. */
export class LivePiece implements PieceMemory {
  constructor(
    private readonly memory: LiveMemory,
    readonly offset: number,
    readonly bytes: number,
  ) {}

  buffer(): ArrayBuffer {
    return this.memory.fetch(this);
  }
}

/** The memory of one of the processors of an appliance. */
export interface CoreMemory {
  /** Bytes as they are now. */
  read(offset: number, bytes: number): Uint8Array;
  /** To be called at rest. */
  write(offset: number, bytes: Uint8Array): void;
}

export class LiveMemory {
  private readonly fetched = new Map<LivePiece, Fetched>();
  /** How many packets a write handler has taken from queues. */
  private readonly taken = new Map<LivePiece, number>();
  private held = false;
  /** Until when somebody holds the appliance for longer than an action, by performance.now(). */
  private pinnedUntil = 0;

  constructor(private readonly channel: Channel) {}

  /** Everything that `action` reads is of now; the appliance goes on meanwhile. */
  now<T>(action: () => T): T {
    if (this.held) return action();
    this.fetched.clear();
    try {
      return action();
    } finally {
      this.fetched.clear();
    }
  }

  /** The appliance stands still between two rounds while `action` reads and changes its state. */
  atRest<T>(action: () => T): T {
    if (this.held) return action();
    this.fetched.clear();
    const { pinned } = this;
    if (!pinned) this.channel.hold(HOLD_MS_MAX);
    this.held = true;
    try {
      try {
        return action();
      } finally {
        // As in Node, what a handler did before it refused is done.
        this.writeBack();
      }
    } finally {
      this.held = false;
      this.fetched.clear();
      this.taken.clear();
      if (!pinned) this.letGo();
    }
  }

  /** Holds the appliance until it is let go, or so many milliseconds are over. */
  hold(milliseconds: number): void {
    this.pinnedUntil = performance.now() + milliseconds;
    this.channel.hold(milliseconds);
  }

  private get pinned(): boolean {
    return performance.now() < this.pinnedUntil;
  }

  /** The end of `hold`. */
  release(): void {
    this.pinnedUntil = 0;
    this.letGo();
  }

  /** Bytes as they are now, whatever handlers have fetched. */
  read(offset: number, bytes: number): Uint8Array {
    return new Uint8Array(this.channel.read(offset, bytes));
  }

  /** To be called at rest. */
  write(offset: number, bytes: Uint8Array): void {
    this.channel.write(offset, bytes);
  }

  ofCore(core: number): CoreMemory {
    return { read: (offset, bytes) => this.read(placeOf(core, offset), bytes), write: (offset, bytes) => this.write(placeOf(core, offset), bytes) };
  }

  private letGo(): void {
    try {
      this.channel.release();
    } catch (error) {
      // It ends, or went on when its time was over: all was written before.
      if (!(error instanceof HandlerError)) throw error;
    }
  }

  fetch(piece: LivePiece): ArrayBuffer {
    const known = this.fetched.get(piece);
    if (known !== undefined) return known.buffer;
    const buffer = this.channel.read(piece.offset, piece.bytes);
    this.fetched.set(piece, { buffer, ...(this.held ? { before: new Uint8Array(buffer.slice(0)) } : {}) });
    return buffer;
  }

  /** Takes the first packet of a queue, whose structure (struct wl_queue) the piece is: it ends. */
  take(piece: LivePiece): boolean {
    const words = new Uint32Array(this.fetch(piece));
    if (words[4] === 0 || !this.held) return false;
    words[4]! -= 1;
    this.taken.set(piece, (this.taken.get(piece) ?? 0) + 1);
    return true;
  }

  private writeBack(): void {
    for (const [piece, count] of this.taken) {
      // The appliance changes the queue itself.
      this.fetched.delete(piece);
      this.channel.drop(piece.offset, count);
    }
    for (const [{ offset }, { buffer, before }] of this.fetched) {
      const after = new Uint8Array(buffer);
      for (let from = 0; from < after.length; from += BLOCK_BYTES) {
        const block = after.subarray(from, from + BLOCK_BYTES);
        const range = changed(before!.subarray(from, from + BLOCK_BYTES), block);
        if (range !== undefined) this.channel.write(offset + from + range[0], block.subarray(range[0], range[1]));
      }
    }
  }
}

/** From the first byte that differs to behind the last. */
function changed(before: Uint8Array, after: Uint8Array): [number, number] | undefined {
  if (Buffer.compare(before, after) === 0) return undefined;
  let [from, to] = [0, after.length];
  while (before[from] === after[from]) from += 1;
  while (before[to - 1] === after[to - 1]) to -= 1;
  return [from, to];
}
