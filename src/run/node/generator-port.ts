/** Made-up frames, or those of a capture in turn, at a rate. */
import { readCapture } from '../../capture/read.js';
import { flowAt, flowSpace } from '../flows.js';
import { IMIX, type GeneratorSpec } from '../generator-spec.js';
import type { StreamFigures } from '../outcome.js';
import { generatedFrame } from './generated-frame.js';
import type { RealPort } from './real-port.js';

/** What warmed up gets that long to leave the appliance, in nanoseconds. */
const SETTLE_NS = 200_000_000n;
const NANOSECONDS = 1_000_000_000n;

/** Frames without end; each call gives the next one. */
type Source = () => Uint8Array;

export class GeneratorPort implements RealPort {
  private readonly next: Source | undefined;
  private warming: boolean;
  /** Frames of this phase (those that warm up, then those that count) whose turn has come, and all of them. */
  private turns = 0;
  /** Frames at another rate, which lead over to those that count. */
  private surging: boolean;
  private last: number;
  private unsent = 0;
  /** When the first and the latest frame of the phase had their turn, and how late the latest of all was. */
  private first: bigint | undefined;
  private latest = 0n;
  private late = 0n;
  private restingSince: bigint | undefined;
  /** Frames that had left the appliance when those that count began. */
  private begunAt = 0;

  constructor(
    private readonly spec: GeneratorSpec,
    mac: number,
    private readonly taken: boolean,
  ) {
    this.next = spec.template === undefined ? madeUp(spec, mac) : captured(spec.template);
    this.warming = spec.warmup !== undefined;
    this.surging = !this.warming && spec.surge !== undefined;
    this.last = spec.warmup ?? spec.surge ?? spec.count ?? Infinity;
  }

  get spent(): boolean {
    return !this.resting && !this.surging && (this.next === undefined || this.turns >= this.last);
  }

  /** Whether only frames count that come back here. */
  get wantsReturned(): boolean {
    return this.spec.returned === true;
  }

  /** The frames that warm up have been sent, and the appliance is to pass them on. */
  get resting(): boolean {
    return this.warming && this.next !== undefined && this.turns >= this.last;
  }

  /** Frames count from now on; `out` have left the appliance. If nobody says so, they do so 200 ms after the last that warmed up. */
  resume(out: number): void {
    this.begin(this.spec.surge !== undefined);
    this.begunAt = out;
  }

  private begin(surging: boolean): void {
    Object.assign(this, { warming: false, surging, turns: 0, last: (surging ? this.spec.surge : this.spec.count) ?? Infinity, first: undefined, late: 0n });
  }

  get due(): bigint {
    return this.first === undefined ? 0n : this.first + this.dueAt(this.turns);
  }

  receive(now: bigint): Uint8Array | undefined {
    if (this.resting) {
      this.restingSince ??= now;
      if (now - this.restingSince >= SETTLE_NS) this.resume(this.begunAt);
    }
    if (this.surging && this.turns >= this.last) this.begin(false);
    if (this.spent || this.resting) return undefined;
    const since = now - (this.first ?? now);
    const due = this.dueAt(this.turns);
    if (due > since) return undefined;
    this.first ??= now;
    this.latest = now;
    if (this.spec.rate !== 'max' && since - due > this.late) this.late = since - due;
    this.turns += 1;
    if (!this.taken && !this.warming && !this.surging) this.unsent += 1;
    return this.next!();
  }

  send(): void {}
  close(): void {}

  /** `out` frames have left the appliance, the last frame of any port was dealt with at `end`. Absent where frames would need numbers. */
  stream(out: number, end: bigint): StreamFigures | undefined {
    const { spec, turns, unsent, first, late } = this;
    if (spec.verify === true || spec.latency !== undefined) return undefined;
    const offered = this.warming ? 0 : turns;
    const elapsed = this.warming || first === undefined ? 0n : end - first;
    const figures = { offered, sent: offered - unsent, unsent, received: this.warming ? 0 : out - this.begunAt, reordered: null, duplicated: null, corrupted: null, lost_sequences: null, elapsed_ns: Number(elapsed) };
    if (spec.rate === 'max') return figures;
    const wanted = Number(this.dueAt(offered - 1));
    const error_ppm = offered < 2 ? 0 : (Number(this.latest - (first ?? 0n)) / wanted - 1) * 1e6;
    return { ...figures, pacing: { error_ppm, max_late_ns: Number(late) } };
  }

  /** Nanoseconds from the first frame of a phase to this one. */
  private dueAt(turn: number): bigint {
    const rate = this.surging ? this.spec.surge_rate! : this.spec.rate;
    return rate === 'max' ? 0n : (BigInt(Math.max(0, turn)) * NANOSECONDS) / BigInt(rate);
  }
}

function captured(file: string): Source | undefined {
  const frames = [...readCapture(file)].map(({ bytes }) => bytes);
  let turn = 0;
  return frames.length === 0 ? undefined : () => frames[turn++ % frames.length]!;
}

/** Frames of each size take the flows in turn. */
function madeUp(spec: GeneratorSpec, mac: number): Source {
  const space = flowSpace(spec);
  const sizes: readonly number[] = spec.size === 'imix' ? IMIX : [spec.size];
  const made = new Map(sizes.map((size) => [size, { frames: [] as Uint8Array[], turn: 0 }]));
  let turn = 0;
  return () => {
    const size = sizes[turn++ % sizes.length]!;
    const own = made.get(size)!;
    const flow = own.turn++ % spec.flows;
    return (own.frames[flow] ??= generatedFrame(size, flowAt(space, flow), mac));
  };
}
