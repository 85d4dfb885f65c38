/** The ring of copied frames in an appliance's shared memory (native/runtime/wl_tap.h). */
import type { CheckedGraph } from '../../graph/graph.js';
import type { StateTable } from '../../image/state-table.js';
import { HandlerError } from '../../kit/element.js';
import { placeOf, type Channel } from './channel.js';
import type { Edge, TapSource } from './frame-taps.js';
import type { TappedFrame } from './tapped-frame.js';

const TAP_BYTES = 0x10000;
const TAP_INTERFACES_MAX = 32;
const TAP_RECORD_BYTES = 24;
/** Offset of the ring in struct wl_tap. */
const TAP_RING = 64;

export class LiveTap implements TapSource {
  private mask = 0n;
  private tail = 0;
  private next: number | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly state: StateTable,
    private readonly graph: CheckedGraph,
    private readonly core = 0,
  ) {}

  check(edge: Edge): void {
    if (edge.kind === 'output') {
      const { name } = this.graph.instances[edge.instance]!;
      throw new HandlerError(`what leaves ${name} never lies in memory as a frame in compiled code: tap an interface, trace the appliance, or run it with --vmm node`);
    }
    if (edge.interface >= TAP_INTERFACES_MAX) throw new HandlerError(`only the first ${TAP_INTERFACES_MAX} interfaces can be tapped`);
  }

  look(edges: readonly Edge[], frameBytes: number): void {
    const mask = edges.reduce((sum, edge) => (edge.kind === 'interface' ? sum | (1n << BigInt(bitOf(edge))) : sum), 0n);
    // From now on, not from what an earlier tap left.
    if (this.mask === 0n || mask === 0n) this.forget();
    this.mask = mask;
    this.channel.tap(mask, frameBytes);
  }

  collect(take: (edge: Edge, frame: TappedFrame) => void): number {
    const { head } = this.ends();
    const { tail } = this;
    this.tail = head;
    if (head - tail <= TAP_BYTES) {
      const bytes = this.ring(tail, head - tail);
      if (this.ends().reserved - tail <= TAP_BYTES) return this.parse(bytes, take);
    }
    // Written over while it was read: the numbers of the next frames will tell how many are missing.
    return 0;
  }

  private forget(): void {
    this.tail = this.ends().head;
    this.next = undefined;
  }

  private parse(bytes: Buffer, take: (edge: Edge, frame: TappedFrame) => void): number {
    let lost = 0;
    for (let at = 0; at + TAP_RECORD_BYTES <= bytes.length; ) {
      const stored = bytes.readUInt32LE(at);
      const edge = bytes.readUInt32LE(at + 8);
      const number = bytes.readUInt32LE(at + 12);
      lost += this.next === undefined ? 0 : (number - this.next) >>> 0;
      this.next = (number + 1) >>> 0;
      const from = at + TAP_RECORD_BYTES;
      if (from + stored > bytes.length) break;
      take(
        { kind: 'interface', interface: edge >>> 1, direction: (edge & 1) === 0 ? 'rx' : 'tx' },
        { timestamp: bytes.readBigUInt64LE(at + 16), length: bytes.readUInt32LE(at + 4), bytes: bytes.subarray(from, from + stored) },
      );
      at = from + Math.ceil(stored / 8) * 8;
    }
    return lost;
  }

  private ends(): { reserved: number; head: number } {
    const words = Buffer.from(this.channel.read(placeOf(this.core, this.state.tap[0]), 16));
    return { reserved: Number(words.readBigUInt64LE(0)), head: Number(words.readBigUInt64LE(8)) };
  }

  private ring(tail: number, bytes: number): Buffer {
    const [start] = this.state.tap;
    const place = tail % TAP_BYTES;
    const first = Math.min(bytes, TAP_BYTES - place);
    const read = (at: number, length: number) => Buffer.from(this.channel.read(placeOf(this.core, start + TAP_RING + at), length));
    return first === bytes ? read(place, bytes) : Buffer.concat([read(place, first), read(0, bytes - first)]);
  }
}

function bitOf({ interface: number, direction }: Extract<Edge, { kind: 'interface' }>): number {
  return 2 * number + (direction === 'rx' ? 0 : 1);
}
