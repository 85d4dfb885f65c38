/** Copies of packets in a run in Node: at any edge. */
import type { Instance } from '../../graph/graph.js';
import type { Packet } from '../../kit/packet.js';
import type { AnyVerdict } from '../../kit/verdict.js';
import type { Engine } from '../node/engine.js';
import type { PacketWatcher } from '../node/packet-watcher.js';
import type { Edge, TapSource } from './frame-taps.js';
import type { TappedFrame } from './tapped-frame.js';

/** Frames that wait to be collected. */
const FRAMES_MAX = 65_536;

export class NodeTap implements TapSource, PacketWatcher {
  private edges: readonly Edge[] = [];
  private frameBytes = 0;
  private frames: { readonly edge: Edge; readonly frame: TappedFrame }[] = [];
  private lost = 0;

  constructor(private readonly engines: readonly Engine[]) {}

  check(): void {
    // Every edge can be looked at here.
  }

  look(edges: readonly Edge[], frameBytes: number): void {
    Object.assign(this, { edges, frameBytes });
    for (const engine of this.engines) engine.watch(edges.length === 0 ? undefined : this);
  }

  collect(take: (edge: Edge, frame: TappedFrame) => void): number {
    const { frames, lost } = this;
    Object.assign(this, { frames: [], lost: 0 });
    for (const { edge, frame } of frames) take(edge, frame);
    return lost;
  }

  enters(): void {}

  leaves(instance: Instance, verdict: AnyVerdict, packet: Packet): void {
    if (verdict.kind !== 'output') return;
    const device = instance.class.definition.device === 'receive' ? instance.interface : undefined;
    for (const edge of this.edges) {
      const here = edge.kind === 'output' ? edge.instance === instance.index && edge.port === verdict.index : edge.direction === 'rx' && edge.interface === device;
      if (here) this.keep(edge, packet);
    }
  }

  sends(instance: Instance, packet: Packet): void {
    for (const edge of this.edges) if (edge.kind === 'interface' && edge.direction === 'tx' && edge.interface === instance.interface) this.keep(edge, packet);
  }

  private keep(edge: Edge, packet: Packet): void {
    if (this.frames.length >= FRAMES_MAX) {
      this.lost += 1;
      return;
    }
    const bytes = packet.data().slice(0, this.frameBytes);
    this.frames.push({ edge, frame: { timestamp: BigInt(this.engines[0]!.microseconds) * 1000n, length: packet.length, bytes } });
  }
}
