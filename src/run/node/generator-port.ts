/** Made-up frames, or those of a capture in turn, at a rate. */
import { readCapture } from '../../capture/read.js';
import { flowAt, flowSpace } from '../flows.js';
import { IMIX, type GeneratorSpec } from '../generator-spec.js';
import { generatedFrame } from './generated-frame.js';
import type { RealPort } from './real-ports.js';

const NANOSECONDS = 1_000_000_000n;

/** Frames without end; each call gives the next one. */
type Source = () => Uint8Array;

export class GeneratorPort implements RealPort {
  private readonly next: Source | undefined;
  /** Frames whose turn has come, those that warm up included. */
  private turns = 0;
  private readonly last: number;

  constructor(
    private readonly spec: GeneratorSpec,
    mac: number,
  ) {
    this.next = spec.template === undefined ? madeUp(spec, mac) : captured(spec.template);
    this.last = (spec.warmup ?? 0) + (spec.count ?? Infinity);
  }

  get spent(): boolean {
    return this.next === undefined || this.turns >= this.last;
  }

  get due(): bigint {
    const { rate } = this.spec;
    return rate === 'max' ? 0n : (BigInt(this.turns) * NANOSECONDS) / BigInt(rate);
  }

  receive(now: bigint): Uint8Array | undefined {
    if (this.spent || this.due > now) return undefined;
    this.turns += 1;
    return this.next!();
  }

  send(): void {}
  close(): void {}
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
