/** Copies of frames from all processors of an appliance, in the order of their times. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { StateTable } from '../../image/state-table.js';
import type { Channel } from './channel.js';
import type { Edge, TapSource } from './frame-taps.js';
import type { TappedFrame } from './tapped-frame.js';
import { LiveTap } from './live-tap.js';

export class LiveTaps implements TapSource {
  private readonly taps: readonly LiveTap[];

  constructor(channel: Channel, state: StateTable, graph: CheckedGraph, cores: number) {
    this.taps = Array.from({ length: cores }, (_, core) => new LiveTap(channel, state, graph, core));
  }

  check(edge: Edge): void {
    this.taps[0]!.check(edge);
  }

  look(edges: readonly Edge[], frameBytes: number): void {
    for (const tap of this.taps) tap.look(edges, frameBytes);
  }

  collect(take: (edge: Edge, frame: TappedFrame) => void): number {
    const frames: { readonly edge: Edge; readonly frame: TappedFrame }[] = [];
    const lost = this.taps.reduce((sum, tap) => sum + tap.collect((edge, frame) => frames.push({ edge, frame })), 0);
    frames.sort((a, b) => (a.frame.timestamp < b.frame.timestamp ? -1 : a.frame.timestamp > b.frame.timestamp ? 1 : 0));
    for (const { edge, frame } of frames) take(edge, frame);
    return lost;
  }
}
